"""What stops a contact before any law is asked: kill switches, holds, a stale ledger, a channel that needs a yes."""

from datetime import datetime, timedelta

from casedb.snapshot import Point, Snapshot
from domain.compliance.verdict import Effect, Fired, Precedence, RuleClass, Verdict
from domain.switches import Switch
from domain.touch_keys import is_relief_terms
from domain.vocabulary import Channel, HoldKind

LEDGER_STALE = "LEDGER-STALE"
HOUSE_OPT_IN = "HOUSE-OPT-IN"
ASK_AGAIN = timedelta(hours=1)
"""A stopped case looks again every hour: a lifted switch need not find every case that it stopped."""
HOLD_AGAIN = timedelta(days=1)
OPT_IN_ONLY = frozenset({Channel.SOCIAL_PRIVATE})
"""Private places of a person: nobody is written to there who did not ask for it."""


def switched_off(switch: Switch, now: datetime, tzdata: str) -> Verdict:
    """The deferral by a kill switch, in the words of whoever set it."""
    return _put_off(f"SWITCH-{switch.scope.value.upper()}", switch.says, now + ASK_AGAIN, Precedence.STAY, tzdata)


def held(snapshot: Snapshot, now: datetime, tzdata: str, *, touch_key: str = "") -> Verdict | None:
    """A deferral while a hold on everything stands, to its end, or for a day when nobody knows it.

    The core rests under a hold before anything is asked here; this is the second line. What a deferral grants is
    told in writing while it is on.
    """
    standing = [hold for hold in snapshot.holds if hold.active_at(now) and hold.obligation_due_on is None]
    if is_relief_terms(touch_key):
        standing = [hold for hold in standing if hold.kind is not HoldKind.DEFERRAL]
    if not standing:
        return None
    hold = max(standing, key=lambda each: each.over_at or now + HOLD_AGAIN)
    rule = f"HOLD-{hold.kind.value.upper().replace('_', '-')}"
    why = f"hold {hold.hold_id} of {hold.owner} stands"
    return _put_off(rule, why, hold.over_at or now + HOLD_AGAIN, Precedence.STAY, tzdata)


def stale(snapshot: Snapshot, now: datetime, limit: timedelta | None, tzdata: str) -> Verdict | None:
    """A deferral when nobody vouched for the ledger lately; None when it may be written about."""
    vouched = snapshot.ledger_as_of
    if limit is None or (vouched is not None and now - vouched <= limit):
        return None
    why = f"nobody vouched for the ledger since {vouched}: it may have been paid"
    return _put_off(LEDGER_STALE, why, now + ASK_AGAIN, Precedence.AMOUNT, tzdata)


def not_asked_for(point: Point, tzdata: str) -> Verdict | None:
    """A denial of a channel that needs the person's yes, and has none that stands."""
    if point.channel not in OPT_IN_ONLY or point.opted_in:
        return None
    fired = Fired(
        rule=HOUSE_OPT_IN,
        citation="",
        why=f"nobody asked for messages by {point.channel.value}",
        precedence=Precedence.CONSENT,
        rule_class=RuleClass.POLICY,
    )
    return _verdict(fired, tzdata)


def _put_off(rule: str, why: str, until: datetime, precedence: Precedence, tzdata: str) -> Verdict:
    fired = Fired(
        rule=rule,
        citation="",
        why=why,
        effect=Effect.DEFER,
        precedence=precedence,
        rule_class=RuleClass.POLICY,
        until=until,
    )
    return _verdict(fired, tzdata)


def _verdict(fired: Fired, tzdata: str) -> Verdict:
    return Verdict(
        decision="defer" if fired.until else "deny",
        until=fired.until,
        decided_by=fired.rule,
        fired=(fired,),
        profile="",
        tzdata=tzdata,
    )
