"""Who goes first where work waits: lower numbers before higher ones, and between campaigns each in its turn.

A queue only has an order while something waits in it. The server keeps the numbers since 1.29 or so without being told
to; turns by fairness key it keeps only with `matching.enableFairness` (docs/campaigns.md). Whoever does neither takes
tasks as they come, as before.
"""

from functools import lru_cache

from temporalio.common import Priority

MOST_KEY_BYTES = 64
"""A fairness key is no longer than that."""
ANSWERS = Priority(priority_key=1)
"""A person has written and waits for the answer."""
EVENTS = Priority(priority_key=2)
"""A case that a fact started or that somebody asked for by its name."""
SWEEPS = Priority(priority_key=4)
STEERING = 5
"""Enrolling: it only makes more work for the others."""
_CASES = 3


@lru_cache(maxsize=256)
def of_case(campaign_id: str | None) -> Priority:
    """A case that a campaign or, without one, a sweep has started among many."""
    return Priority(priority_key=_CASES, fairness_key=_key(campaign_id or "sweep"))


def of_campaign(campaign_id: str) -> Priority:
    """The enrolment of a campaign."""
    return Priority(priority_key=STEERING, fairness_key=_key(campaign_id))


def _key(name: str) -> str:
    return name.encode()[:MOST_KEY_BYTES].decode(errors="ignore")
