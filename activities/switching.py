"""A kill switch as an answer to a contact: not now, and by whom and why."""

from datetime import datetime, timedelta

from domain.compliance.verdict import Effect, Fired, Precedence, RuleClass, Verdict
from domain.switches import Switch

ASK_AGAIN = timedelta(hours=1)
"""A stopped case looks again every hour: a lifted switch need not find every case that it stopped."""


def switched_off(switch: Switch, now: datetime, tzdata: str) -> Verdict:
    """The deferral by a switch, in the words of whoever set it."""
    rule = f"SWITCH-{switch.scope.value.upper()}"
    fired = Fired(
        rule=rule,
        citation="",
        why=switch.says,
        effect=Effect.DEFER,
        precedence=Precedence.STAY,
        rule_class=RuleClass.POLICY,
        until=now + ASK_AGAIN,
    )
    return Verdict(decision="defer", until=fired.until, decided_by=rule, fired=(fired,), profile="", tzdata=tzdata)
