"""Hours, closed days and caps asked again about what was sent: the same law, the facts of the touch's own instant.

Only touches that went out under the law that is loaded now are asked about; another law said yes to the others. One
walk over the touches answers for all three.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from sqlalchemy import Connection

from activities.gatekeeping import live_act
from casedb.invariants import Finding, Invariant, Moment, SentTouch, sent_touches
from casedb.snapshot import read_snapshot
from domain.compliance.gate import check
from domain.compliance.profile import Profile
from domain.compliance.verdict import Effect, Fired, Precedence

_TIMED = (Precedence.QUIET_HOURS, Precedence.CLOSED_DAY, Precedence.FREQUENCY)
_Hit = tuple[SentTouch, Fired]


class AskedAgain:
    """One walk over what was sent; what it found is kept for the invariants that ask about the same moment."""

    def __init__(self, profiles: Mapping[str, Profile], tzdata: str) -> None:
        self._profiles = {
            code: {precedence: _narrowed(profile, precedence) for precedence in _TIMED}
            for code, profile in profiles.items()
        }
        self._tzdata = tzdata
        self._found: tuple[Moment, list[_Hit]] | None = None

    def against(self, connection: Connection, moment: Moment, precedence: Precedence) -> Iterator[_Hit]:
        """Touches that a rule of that precedence would not have let pass, each with the rule."""
        if self._found is None or self._found[0] != moment:
            self._found = (
                moment,
                [(touch, fired) for touch in sent_touches(connection, moment) for fired in self._of(connection, touch)],
            )
        return (hit for hit in self._found[1] if hit[1].precedence is precedence)

    def _of(self, connection: Connection, touch: SentTouch) -> Iterator[Fired]:
        """The rules and their reasons; none for what was lawful, and for what another law let pass."""
        narrowed = self._profiles.get(touch.jurisdiction, {})
        if touch.allowed_by not in {f"{each.jurisdiction}@{each.version}" for each in narrowed.values()}:
            return
        snapshot = read_snapshot(connection, touch.account_id, touch.case_id, touch.touch_key, touch.at, lock=False)
        point = next((each for each in snapshot.points if each.contact_point_id == touch.contact_point_id), None)
        before = tuple(contact for contact in snapshot.contacts if contact[1] < touch.at)
        asked = replace(snapshot, contacts=before)
        for precedence, profile in narrowed.items():
            # One sort at a time: a cap puts off to midnight, and the hours of that instant say nothing about this one.
            act = live_act(asked, touch.channel, touch.at, profile, point=point, stopped=())
            fired = check(act, profile, tzdata=self._tzdata).fired
            yield from (each for each in fired if each.precedence is precedence and each.effect is not Effect.WARN)


def _narrowed(profile: Profile, precedence: Precedence) -> Profile:
    """Without what changes with the person or the text, and is not what it was when the touch went out."""
    return replace(profile, rules=tuple(rule for rule in profile.rules if rule.precedence is precedence))


class _Timed(Invariant):
    precedence: ClassVar[Precedence]
    owner = "compliance"
    lasting = False

    def __init__(self, again: AskedAgain) -> None:
        self._again = again

    def broken(self, connection: Connection, moment: Moment) -> Iterator[Finding]:
        """Touches that the law would not have let pass."""
        for touch, fired in self._again.against(connection, moment, self.precedence):
            yield touch.finding(self.name, f"went out against {fired.rule}: {fired.why}")


class NoneOutOfHours(_Timed):
    """No touch went out outside the hours of any zone of its person."""

    name = "none_out_of_hours"
    what_to_do = "switch set global, then compare the verdict of the touch (case show) with compliance explain --at"
    precedence = Precedence.QUIET_HOURS


class NoneOnAClosedDay(_Timed):
    """No touch went out on a day on which the law lets nobody be contacted."""

    name = "none_on_a_closed_day"
    what_to_do = "switch set global, then compare the verdict of the touch (case show) with compliance explain --at"
    precedence = Precedence.CLOSED_DAY


class NoneOverACap(_Timed):
    """No touch went out that was one more than a cap lets pass, over all accounts of its person."""

    name = "none_over_a_cap"
    what_to_do = "switch set global, then count the person's touches (case show of each account) against the cap"
    precedence = Precedence.FREQUENCY


TIMED: tuple[type[_Timed], ...] = (NoneOutOfHours, NoneOnAClosedDay, NoneOverACap)
