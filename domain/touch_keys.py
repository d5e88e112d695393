"""The keys under which contacts happen once: of the ladder `<stage>/<touch>`, of an agreement `<kind>/<id>/<what>`."""

from domain.vocabulary import Stage

TERMS = "agreement_terms"
PROMISE_REMINDER = "promise_reminder"
INSTALMENT_REMINDER = "instalment_reminder"
AGREEMENT_TEMPLATES = (TERMS, PROMISE_REMINDER, INSTALMENT_REMINDER)
"""What contacts about agreements say."""
_STAGES = {stage.value: stage for stage in Stage}


def stage_of(touch_key: str) -> Stage:
    """The stage that a contact under this key leads to; one about an agreement leads nowhere, hence the first."""
    return _STAGES.get(touch_key.partition("/")[0], Stage.REMINDER)


def promise_reminder(promise_id: str) -> str:
    """Before a promised day."""
    return f"promise/{promise_id}/reminder"


def instalment_reminder(plan_id: str, number: int) -> str:
    """Before an instalment; numbers count from 1."""
    return f"plan/{plan_id}/{number}/reminder"


def plan_terms(plan_id: str) -> str:
    """What was agreed in a plan, in writing."""
    return f"plan/{plan_id}/terms"


def relief_terms(relief_id: str) -> str:
    """What was granted, in writing."""
    return f"relief/{relief_id}/terms"


def settlement_reminder(relief_id: str) -> str:
    """Before the day of a settlement."""
    return f"relief/{relief_id}/reminder"


def is_relief_terms(touch_key: str) -> bool:
    """Whether a contact under this key tells what was granted."""
    return touch_key.startswith("relief/") and touch_key.endswith("/terms")
