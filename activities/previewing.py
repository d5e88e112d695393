"""The first message that an account would get, found as a live case finds it: same core, same gate, same renderer.

It reads and never writes: no case is opened, no verdict recorded, no provider called. What a cap or a provider will
say on the day is not known yet, so it is a forecast, and the contact asks everything anew at its instant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import tzdata
from sqlalchemy import Connection, Engine

from activities.channel import ChannelAdapter, OutboundMessage
from activities.claiming import ClaimDesk, Moment
from activities.composing import Composer
from activities.counsel import NOBODY_LOOKED
from activities.gatekeeping import Gatekeeper
from activities.kept_strategies import KeptStrategies
from activities.lender import lender_of
from activities.planning import Planner
from activities.remembering import new_case
from casedb import cases
from casedb.engine import reading
from casedb.snapshot import Point, Snapshot, read_snapshot
from config.messages import MessageRenderer
from config.rules import Rules
from config.segments import segments
from config.settings import Settings
from domain.case import CaseState, apply
from domain.compliance.verdict import Fired, Verdict
from domain.errors import MessageRefused
from domain.events import ContactDeferred
from domain.forecast import ACTIONS_PER_TOUCH, Forecast, forecast
from domain.obligations import earliest_unpaid
from domain.reference import reference_code
from domain.step import Contact, NextStep
from domain.strategy import Strategy
from domain.vocabulary import Channel

SOMEBODY = "Alex Example"
SOMEWHERE = "1 Example Street"
NO_ADDRESS_LEFT = "NO-ADDRESS"
MOST_DEFERRALS = 10
"""So often a first message may be put off before it is told as held back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstContact:
    """What an account's first message would be, or why there is none."""

    account_id: str
    zone: str
    jurisdiction: str
    locale: str
    forecast: Forecast
    at: datetime | None = None
    """When it would go out; None: nothing would."""
    held_back_by: str = ""
    """The rule, or the kind of step, that stands in the way or moved it."""
    why: str = ""
    times_put_off: int = 0
    """How often the gate moved it, before it went out or was given up."""
    channel: Channel | None = None
    template: str = ""
    message: OutboundMessage | None = None
    """With an invented name in the place of the person's: it is looked at by people who need not know."""
    sms_parts: int = 0
    """As what the real text is billed; 0 for other channels."""

    @property
    def actions(self) -> int:
        """Billable actions of the whole way to a person's decision, about."""
        return self.forecast.actions + ACTIONS_PER_TOUCH * self.times_put_off


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewer:
    """Looks ahead for accounts that have no case yet."""

    engine: Engine
    planner: Planner
    desk: ClaimDesk

    @classmethod
    def of(
        cls,
        settings: Settings,
        engine: Engine,
        rules: Rules,
        renderer: MessageRenderer,
        adapters: Mapping[Channel, ChannelAdapter],
    ) -> "Previewer":
        """As a worker of these settings would contact."""
        planner = Planner(rules.strategies, frozenset(adapters), kept=KeptStrategies(engine))
        hours = settings.ledger_stale_after_hours
        desk = ClaimDesk(
            gatekeeper=Gatekeeper(profiles=rules.profiles, channels=tuple(adapters), tzdata=tzdata.IANA_VERSION),
            composer=Composer(renderer=renderer, lender=lender_of(settings)),
            planner=planner,
            providers={channel: adapter.provider for channel, adapter in adapters.items()},
            ledger_stale_after=timedelta(hours=hours) if hours else None,
        )
        return cls(engine=engine, planner=planner, desk=desk)

    def first_contact(
        self, account_id: str, strategy: Strategy, now: datetime, *, spread_minutes: int = 0
    ) -> FirstContact:
        """What would follow if the account was enrolled at that instant. Raises NotKnown for an unknown account."""
        with reading(self.engine) as connection:
            snapshot = read_snapshot(connection, account_id, "", "", now, lock=False)
            due_on = earliest_unpaid(cases.obligations_of(connection, account_id), snapshot.balance_minor)
            case = new_case(snapshot, strategy, cases.next_case_id(connection, account_id), due_on, now)
            case = replace(case, spread_minutes=spread_minutes)
            snapshot = self.planner.with_history(connection, case, snapshot, now)
            return self._looked_ahead(connection, case, snapshot, now)

    def _looked_ahead(self, connection: Connection, case: CaseState, snapshot: Snapshot, now: datetime) -> FirstContact:
        found = FirstContact(
            account_id=case.account_id,
            zone=case.zone,
            jurisdiction=case.jurisdiction,
            locale=snapshot.locale,
            forecast=forecast(case, self.planner.facts(snapshot), self.planner.strategy_of(case), now),
        )
        for _ in range(MOST_DEFERRALS):
            step = self._next(case, snapshot, now)
            if not isinstance(step.action, Contact):
                return replace(found, held_back_by=found.held_back_by or step.action.kind, why=found.why or step.why)
            moment = Moment(case=case, contact=step.action, now=max(now, step.at))
            answer = self._asked(connection, moment, snapshot)
            if isinstance(answer, _Written):
                return replace(
                    found,
                    at=moment.now,
                    template=step.action.template,
                    channel=answer.point.channel,
                    message=answer.message,
                    sms_parts=answer.sms_parts,
                )
            found = replace(found, held_back_by=answer.decided_by, why=answer.why)
            if answer.until is None:
                return found
            found = replace(found, times_put_off=found.times_put_off + 1)
            now = answer.until
            case = apply(case, _put_off(moment, answer))
        return found

    def _asked(self, connection: Connection, moment: Moment, snapshot: Snapshot) -> "_Written | Verdict":
        """The first address that passes, with its message; else the earliest deferral, or a denial."""
        stopped = self.desk.blocked(moment, snapshot)
        if stopped is not None:
            return stopped
        said: list[Verdict] = []
        for point in self.desk.gatekeeper.candidates(moment.contact, snapshot, frozenset()):
            verdict = self.desk.verdict(moment, snapshot, point)
            if verdict.decision == "allow":
                try:
                    return self._written(connection, moment, snapshot, point)
                except MessageRefused as error:
                    verdict = self.desk.refusal(error)
            said.append(verdict)
        deferred = [each for each in said if each.until is not None]
        return min(deferred, key=lambda each: each.until or moment.now) if deferred else _denied(said)

    def _written(self, connection: Connection, moment: Moment, snapshot: Snapshot, point: Point) -> "_Written":
        """The real text passes the rules; what is shown is the same with an invented person in it."""
        reference = reference_code(moment.case.case_id, moment.contact.touch_key)
        real = self.desk.compose(connection, moment, snapshot, point, reference)
        nobody, nowhere = replace(snapshot, full_name=SOMEBODY), replace(point, address=SOMEWHERE)
        shown = self.desk.compose(connection, moment, nobody, nowhere, reference)
        return _Written(
            point=point, message=shown, sms_parts=segments(real.body) if point.channel is Channel.SMS else 0
        )

    def _next(self, case: CaseState, snapshot: Snapshot, now: datetime) -> NextStep:
        escalates = self.planner.strategy(case.strategy).escalation is not None
        return self.planner.next_step(case, snapshot, now, legal=NOBODY_LOOKED if escalates else None)


@dataclass(frozen=True, slots=True)
class _Written:
    """An address that is open, and what it would be sent."""

    point: Point
    message: OutboundMessage
    sms_parts: int


def _denied(said: list[Verdict]) -> Verdict:
    if said:
        return said[0]
    why = "no address can be used for the channels of the first message"
    fired = Fired(rule=NO_ADDRESS_LEFT, citation="", why=why)
    return Verdict(decision="deny", until=None, decided_by=fired.rule, fired=(fired,), profile="", tzdata="")


def _put_off(moment: Moment, verdict: Verdict) -> ContactDeferred:
    key = moment.contact.touch_key
    until = verdict.until or moment.now
    return ContactDeferred(
        event_id=f"deferred:{key}:{until.isoformat()}",
        at=moment.now,
        touch_key=key,
        until=until,
        rule=verdict.decided_by,
    )
