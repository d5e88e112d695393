"""What must never stand in the case database, asked of live data: one class each, and what to do where it does.

They ask what happened, not what the code that did it thinks: a touch that went out is compared with the ledger, the
holds and the statements as they were known at its instant.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, literal, or_, select

from casedb import schema
from casedb.audit import verify_chains
from casedb.forgotten import cases_that_are, is_forgotten
from domain.money import in_words
from domain.vocabulary import ApprovalStatus, Channel, Clock, CloseReason, HoldKind, Permission, TouchStatus

_case, _account, _campaign, _person = schema.case, schema.account, schema.campaign, schema.person
_touch, _entry, _hold, _point = schema.touch, schema.ledger_entry, schema.hold, schema.contact_point
_verdict, _consent, _inbox = schema.verdict, schema.consent, schema.inbox_event
_approval, _outside = schema.approval, schema.outside_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When it is asked, and from when on what happened counts."""

    now: datetime
    since: datetime | None = None
    """None: ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place where an invariant does not hold."""

    invariant: str
    about: str
    """An id: of the touch, the account, the case, the step."""
    says: str
    case_id: str | None = None


class Invariant(ABC):
    """One thing that must hold."""

    name: ClassVar[str]
    what_to_do: ClassVar[str]
    owner: ClassVar[str]
    lasting: ClassVar[bool]
    """Whether what was found is a state that can be mended; else it happened, and is told once."""

    @abstractmethod
    def broken(self, connection: Connection, moment: Moment) -> Iterator[Finding]:
        """Every place where it does not hold."""


def _sent(moment: Moment) -> Select[Any]:
    """Touches that a provider took."""
    sent = select(
        _touch.c.touch_id, _touch.c.touch_key, _touch.c.case_id, _touch.c.account_id, _touch.c.at, _touch.c.channel
    ).where(_touch.c.status == TouchStatus.SENT.value)
    return sent if moment.since is None else sent.where(_touch.c.at >= moment.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTouch:
    """A touch that a provider took, and under which law."""

    touch_id: str
    touch_key: str
    case_id: str
    account_id: str
    jurisdiction: str
    channel: Channel
    contact_point_id: str
    at: datetime
    allowed_by: str
    """The profile and version of the verdict that let it pass; empty where none did."""

    def finding(self, name: str, says: str) -> Finding:
        """Something about this touch."""
        return _of_touch(name, self, says)


def sent_touches(connection: Connection, moment: Moment) -> Iterator[SentTouch]:
    """Each touch that went out, with the law that let it pass."""
    law = (
        select(_verdict.c.profile)
        .where(
            _verdict.c.case_id == _touch.c.case_id,
            _verdict.c.touch_key == _touch.c.touch_key,
            _verdict.c.channel == _touch.c.channel,
            _verdict.c.decision == "allow",
        )
        .order_by(_verdict.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    sent = _sent(moment).add_columns(_touch.c.contact_point_id, _person.c.jurisdiction, law.label("law"))
    for row in connection.execute(sent.join(_person, _person.c.person_id == _touch.c.person_id)).all():
        yield SentTouch(
            touch_id=row.touch_id,
            touch_key=row.touch_key,
            case_id=row.case_id,
            account_id=row.account_id,
            jurisdiction=row.jurisdiction,
            channel=Channel(row.channel),
            contact_point_id=row.contact_point_id,
            at=row.at,
            allowed_by=row.law or "",
        )


def _of_touch(name: str, row: Any, says: str) -> Finding:
    sentence = (
        f"{Channel(row.channel).value} {row.touch_key} of case {row.case_id} at {row.at:%Y-%m-%d %H:%M} UTC {says}"
    )
    return Finding(invariant=name, about=row.touch_id, says=sentence, case_id=row.case_id)


class NoContactAfterPayment(Invariant):
    """The ledger as it was on record at the instant of each touch showed something to pay."""

    name = "no_contact_after_payment"
    what_to_do = "switch set global, then look why the contact did not see the payment: case show, case history"
    owner = "compliance"
    lasting = False

    def broken(self, connection: Connection, moment: Moment) -> Iterator[Finding]:
        """Touches when nothing was owed; what was charged later does not excuse them.

        What a rehearsal books has no instant of its clock but when it happened.
        """
        virtual = _campaign.c.clock == Clock.VIRTUAL.value
        known = case((virtual, _entry.c.at <= _touch.c.at), else_=_entry.c.recorded_at <= _touch.c.attempted_at)
        mine = and_(_entry.c.account_id == _touch.c.account_id, known)
        owed = select(func.sum(_entry.c.amount_minor)).where(mine).correlate(_touch, _campaign).scalar_subquery()
        sent = _sent(moment).join(_case, _case.c.case_id == _touch.c.case_id)
        sent = sent.outerjoin(_campaign, _campaign.c.campaign_id == _case.c.campaign_id)
        for row in connection.execute(sent.where(owed <= 0)):
            yield _of_touch(self.name, row, "went out when nothing was owed")


class NoneUnderAHold(Invariant):
    """No hold on everything was on record and in force at the instant of any touch."""

    name = "none_under_a_hold"
    what_to_do = "switch set global, then look why the contact did not see the hold: hold list, case history"
    owner = "compliance"
    lasting = False

    def broken(self, connection: Connection, moment: Moment) -> Iterator[Finding]:
        """Touches under a hold; what a deferral grants is told in writing while it is on."""
        granted = and_(_hold.c.kind == HoldKind.DEFERRAL.value, _touch.c.touch_key.like("relief/%/terms"))
        held = _sent(moment).add_columns(_hold.c.hold_id)
        held = held.join(_hold, and_(_hold.c.person_id == _touch.c.person_id, *_stood_at(_touch.c.at)))
        for row in connection.execute(held.where(~granted)):
            yield _of_touch(self.name, row, f"went out under hold {row.hold_id}")


def _stood_at(at: ColumnElement[datetime]) -> tuple[ColumnElement[bool], ...]:
    return (
        or_(_hold.c.account_id.is_(None), _hold.c.account_id == _touch.c.account_id),
        _hold.c.obligation_due_on.is_(None),
        _hold.c.starts_at <= at,
        or_(_hold.c.placed_at.is_(None), _hold.c.placed_at <= at),
        or_(_hold.c.released_at.is_(None), _hold.c.released_at > at),
        or_(_hold.c.ends_at.is_(None), _hold.c.ends_at > at),
    )


class NoneAfterAStop(Invariant):
    """The last word on record about the channel and the address of each touch was not a withdrawal."""

    name = "none_after_a_stop"
    what_to_do = "switch set global, then look why the contact did not see the word: consent show, case history"
    owner = "compliance"
    lasting = False

    def broken(self, connection: Connection, moment: Moment) -> Iterator[Finding]:
        """A word counts from when it was on record here."""
        stopped = or_(_last_word(literal("")) == _WITHDRAWN, _last_word(_point.c.address) == _WITHDRAWN)
        sent = _sent(moment).join(_point, _point.c.contact_point_id == _touch.c.contact_point_id).where(stopped)
        for row in connection.execute(sent):
            yield _of_touch(self.name, row, "went out after the person had stopped it")


_WITHDRAWN = Permission.WITHDRAWN.value


def _last_word(address: Any) -> Any:
    # The id of a word that was told is that of its fact, a colon and the person: taken apart so that the key is used.
    fact = func.substr(
        _consent.c.consent_id, 1, func.length(_consent.c.consent_id) - func.length(_consent.c.person_id) - 1
    )
    told = select(_inbox.c.received_at).where(_inbox.c.event_id == fact)
    known_at = func.coalesce(told.correlate(_consent).scalar_subquery(), _consent.c.at)
    return (
        select(_consent.c.permission)
        .where(
            _consent.c.person_id == _touch.c.person_id,
            _consent.c.channel == _touch.c.channel,
            _consent.c.address == address,
            _consent.c.at <= _touch.c.at,
            known_at <= _touch.c.at,
        )
        .order_by(_consent.c.at.desc(), _consent.c.consent_id.desc())
        .limit(1)
        .correlate(_touch, _point)
        .scalar_subquery()
    )


class EveryTouchWasAllowed(Invariant):
    """Before each touch that went out stands the verdict that allowed it."""

    name = "every_touch_was_allowed"
    what_to_do = "look how it went out without the gate: case show, audit verify, and the code of the contact"
    owner = "compliance"
    lasting = False

    def broken(self, connection: Connection, moment: Moment) -> Iterator[Finding]:
        """Touches without an allow for their key and channel."""
        allowed = exists(
            select(_verdict.c.verdict_id).where(
                _verdict.c.case_id == _touch.c.case_id,
                _verdict.c.touch_key == _touch.c.touch_key,
                _verdict.c.channel == _touch.c.channel,
                _verdict.c.decision == "allow",
                _verdict.c.at <= _touch.c.at,
            )
        )
        for row in connection.execute(_sent(moment).where(~allowed)):
            yield _of_touch(self.name, row, "went out and no verdict allows it")


class OneAcceptPerTouch(Invariant):
    """No message of a provider stands under two touches: each was taken once."""

    name = "one_accept_per_touch"
    what_to_do = "compare both touches with the provider's own list by their references"
    owner = "engineering"
    lasting = False

    def broken(self, connection: Connection, moment: Moment) -> Iterator[Finding]:
        """One provider's id under several keys; the database itself refuses a second row under one key."""
        twice = (
            select(_touch.c.provider, _touch.c.provider_id, func.count().label("times"))
            .where(_touch.c.provider_id.is_not(None))
            .group_by(_touch.c.provider, _touch.c.provider_id)
            .having(func.count() > 1)
        )
        if moment.since is not None:
            twice = twice.having(func.max(_touch.c.at) >= moment.since)
        for row in connection.execute(twice):
            about = f"{row.provider}:{row.provider_id}"
            says = f"message {row.provider_id} of {row.provider} stands under {row.times} touches"
            yield Finding(invariant=self.name, about=about, says=says)


class NoLegalStepWithoutLeave(Invariant):
    """Each step to law stands on a yes that was in time and by another person than who asked."""

    name = "no_legal_step_without_leave"
    what_to_do = "take the step back at once: escalation show, then the steps' own ways back (docs/escalation.md)"
    owner = "compliance"
    lasting = False

    def broken(self, connection: Connection, moment: Moment) -> Iterator[Finding]:
        """Steps outside, and cases that ended by going to law."""
        good = and_(
            _approval.c.status == ApprovalStatus.GRANTED.value,
            _approval.c.decided_by.is_not(None),
            _approval.c.decided_by != _approval.c.requested_by,
            _approval.c.decided_at <= _approval.c.expires_at,
        )
        steps = select(_outside.c.key, _outside.c.case_id, _outside.c.kind).where(
            ~exists(select(_approval.c.approval_id).where(_approval.c.approval_id == _outside.c.approval_id, good))
        )
        ended = select(_case.c.case_id).where(
            _case.c.close_reason == CloseReason.LEGAL_REFERRAL.value,
            ~exists(select(_approval.c.approval_id).where(_approval.c.case_id == _case.c.case_id, good)),
        )
        if moment.since is not None:
            steps = steps.where(_outside.c.taken_at >= moment.since)
            ended = ended.where(_case.c.closed_at >= moment.since)
        for row in connection.execute(steps):
            says = f"step {row.kind} of case {row.case_id} has no approval that was in time and by another person"
            yield Finding(invariant=self.name, about=row.key, says=says, case_id=row.case_id)
        for row in connection.execute(ended):
            says = f"case {row.case_id} went to law without an approval that was in time and by another person"
            yield Finding(invariant=self.name, about=row.case_id, says=says, case_id=row.case_id)


class EveryOpenCaseIsWaitedFor(Invariant):
    """An open case has a step to come, or a person who was asked."""

    name = "every_open_case_is_waited_for"
    what_to_do = "case history shows where it stands; case list --workflow lost and stuck; a worker must run"
    owner = "engineering"
    lasting = True

    def broken(self, connection: Connection, moment: Moment) -> Iterator[Finding]:
        """Open cases whose step was due an hour ago, a contact a day ago, and that wait for no task."""
        for each in cases_that_are(connection, is_forgotten(moment.now)):
            says = f"{each.says}, and no person was asked"
            yield Finding(invariant=self.name, about=each.case_id, says=says, case_id=each.case_id)


class LedgerSumsToBalance(Invariant):
    """What an account owes is the sum of its ledger."""

    name = "ledger_sums_to_balance"
    what_to_do = "compare with the lender's ledger, then let a book state the balance (import)"
    owner = "engineering"
    lasting = True

    def broken(self, connection: Connection, moment: Moment) -> Iterator[Finding]:
        """Accounts whose entries do not add up; with `since`, those on which something was booked."""
        total = func.coalesce(func.sum(_entry.c.amount_minor), 0)
        summed = (
            select(_account.c.account_id, _account.c.balance_minor, _account.c.currency, total.label("total"))
            .outerjoin(_entry, _entry.c.account_id == _account.c.account_id)
            .group_by(_account.c.account_id, _account.c.balance_minor, _account.c.currency)
            .having(total != _account.c.balance_minor)
        )
        if moment.since is not None:
            booked = select(_entry.c.account_id).where(_entry.c.recorded_at >= moment.since)
            summed = summed.where(_account.c.account_id.in_(booked))
        for row in connection.execute(summed):
            owed, entries = (in_words(int(each), row.currency) for each in (row.balance_minor, row.total))
            says = f"account {row.account_id} owes {owed} and its entries sum to {entries}"
            yield Finding(invariant=self.name, about=row.account_id, says=says)


class ChainsAreWhole(Invariant):
    """Every verdict is there, in order, and as it was written."""

    name = "chains_are_whole"
    what_to_do = "audit verify CASE, and compare with a backup: somebody went around the database's own refusal"
    owner = "compliance"
    lasting = True

    def broken(self, connection: Connection, moment: Moment) -> Iterator[Finding]:
        """Broken chains; with `since`, of the cases that got a verdict."""
        if moment.since is None:
            chains = verify_chains(connection).broken
        else:
            recent = select(_verdict.c.case_id).where(_verdict.c.at >= moment.since).distinct()
            cases = connection.execute(recent).scalars().all()
            chains = tuple(each for case_id in cases for each in verify_chains(connection, case_id).broken)
        for each in chains:
            says = f"verdict {each.number} of case {each.case_id} is {each.what.value}"
            yield Finding(invariant=self.name, about=each.case_id, says=says, case_id=each.case_id)


ON_RECORD: tuple[Invariant, ...] = (
    NoContactAfterPayment(),
    NoneUnderAHold(),
    NoneAfterAStop(),
    EveryTouchWasAllowed(),
    OneAcceptPerTouch(),
    NoLegalStepWithoutLeave(),
    EveryOpenCaseIsWaitedFor(),
    LedgerSumsToBalance(),
    ChainsAreWhole(),
)
"""Those that need the case database and nothing else."""
