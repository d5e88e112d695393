"""Hours, closed days and caps asked again about what was sent: the same law, the facts of the touch's own instant.

Only touches that went out under the law that is loaded now are asked about; another law said yes to the others.
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
from domain.compliance.verdict import Effect, Precedence


class _AskedAgain(Invariant):
    precedence: ClassVar[Precedence]
    owner = "compliance"
    lasting = False

    def __init__(self, profiles: Mapping[str, Profile], tzdata: str) -> None:
        self._profiles = {code: self._narrowed(profile) for code, profile in profiles.items()}
        self._tzdata = tzdata

    def _narrowed(self, profile: Profile) -> Profile:
        return replace(profile, rules=tuple(rule for rule in profile.rules if rule.precedence is self.precedence))

    def broken(self, connection: Connection, moment: Moment) -> Iterator[Finding]:
        """Touches that the law would not have let pass."""
        for touch in sent_touches(connection, moment):
            if (says := self._against(connection, touch)) is not None:
                yield touch.finding(self.name, f"went out against {says}")

    def _against(self, connection: Connection, touch: SentTouch) -> str | None:
        """The rule and its reason; None for what was lawful, and for what another law let pass."""
        snapshot = read_snapshot(connection, touch.account_id, touch.case_id, touch.touch_key, touch.at, lock=False)
        profile = self._profiles.get(snapshot.jurisdiction)
        point = next((each for each in snapshot.points if each.contact_point_id == touch.contact_point_id), None)
        before = tuple(contact for contact in snapshot.contacts if contact[1] < touch.at)
        asked = replace(snapshot, contacts=before)
        verdict = check(
            live_act(asked, touch.channel, touch.at, profile, point=point, stopped=()), profile, tzdata=self._tzdata
        )
        if verdict.profile != touch.allowed_by:
            return None
        fired = next(
            (each for each in verdict.fired if each.precedence is self.precedence and each.effect is not Effect.WARN),
            None,
        )
        return f"{fired.rule}: {fired.why}" if fired is not None else None


class NoneOutOfHours(_AskedAgain):
    """No touch went out outside the hours of any zone of its person."""

    name = "none_out_of_hours"
    what_to_do = "switch set global, then compare the verdict of the touch (case show) with compliance explain --at"
    precedence = Precedence.QUIET_HOURS


class NoneOnAClosedDay(_AskedAgain):
    """No touch went out on a day on which the law lets nobody be contacted."""

    name = "none_on_a_closed_day"
    what_to_do = "switch set global, then compare the verdict of the touch (case show) with compliance explain --at"
    precedence = Precedence.CLOSED_DAY


class NoneOverACap(_AskedAgain):
    """No touch went out that was one more than a cap lets pass, over all accounts of its person."""

    name = "none_over_a_cap"
    what_to_do = "switch set global, then count the person's touches (case show of each account) against the cap"
    precedence = Precedence.FREQUENCY
