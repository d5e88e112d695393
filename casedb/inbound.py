"""An outside fact as its sender states it, and what the inbox answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from casedb.deliveries import DeliveryReport
from casedb.inbound_kinds import LEDGER, MOVES, InboundKind
from casedb.move_event import MoveTo, move_event
from casedb.owed import Owed
from casedb.relief_event import relief_event
from domain.authority import ReliefKind
from domain.calendar import as_utc
from domain.errors import InvalidInput
from domain.events import (
    CaseWithdrawn,
    ContactAllowed,
    ContactMade,
    ContactReported,
    ContactStopped,
    DisputeOpened,
    Event,
    HoldPlaced,
    HoldReleased,
    LedgerChanged,
)
from domain.touch_keys import stage_of
from domain.vocabulary import Channel, DeliveryStatus, HoldKind

if TYPE_CHECKING:  # it brings the data of all telephone numbers, which no reader of facts needs
    from casedb.book_row import BookRow

__all__ = [
    "INSTANTS",
    "LEDGER",
    "LONGEST_NOTE",
    "MOST_MINOR",
    "MOVES",
    "InboundFact",
    "InboundKind",
    "Receipt",
]

MOST_MINOR = 10**15
"""More than any wallet owes: an amount beyond it is a mistake of units."""

INSTANTS = ("at", "starts_at", "ends_at", "review_at")
LONGEST_NOTE = 200
LONGEST_OWNER = 60
_EVENT_ID = re.compile(r"[!-~]{1,200}")
"""Ids stand in logs and tables: printable ASCII without blanks."""
_NOT_FOR_THE_CASE = {
    InboundKind.REPLY,
    InboundKind.PROMISE,
    InboundKind.PLAN,
    InboundKind.ANSWER,
    InboundKind.CALLBACK,
    InboundKind.NOTICE,
    InboundKind.TASK_DONE,
    InboundKind.TASK_ASSIGNED,
    InboundKind.DUTY_DONE,
    InboundKind.HOLD_DECIDED,
}


def check_id(told: str, field: str) -> None:
    """Refuse an id that must not stand in a log. Raises InvalidInput by the sender's name of the field."""
    if not _EVENT_ID.fullmatch(told):
        raise InvalidInput(f"{field} must be 1 to 200 printable ASCII characters without blanks", field=field)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundFact:
    """One outside fact. `address` only finds the person of an opt-out and is never stored with the fact."""

    event_id: str
    """The sender's id: the same fact twice has the same one."""
    source: str
    kind: InboundKind
    at: datetime
    account_id: str | None = None
    person_id: str | None = None
    """For an opt-out or a hold that is about the person and all accounts."""
    payment: str = ""
    """Of what a payment provider tells, the payment; whose it is may stand at another fact about the same one."""
    amount_minor: int | None = None
    """Always positive; the kind says in which direction it moves the balance."""
    currency: str | None = None
    channel: Channel | None = None
    address: str = ""
    hold_id: str | None = None
    hold_kind: HoldKind | None = None
    owner: str = ""
    reason: str = ""
    by: str = ""
    """Who of our people entered it, by the id they work under; empty for what came from a system."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    """Of a hold, or of a permission that ends by itself."""
    review_at: datetime | None = None
    obligation_due_on: date | None = None
    """Of a hold on the one amount that fell due on this day."""
    pauses_dpd: bool = True
    code: str = ""
    """Of a hold: what it is about, of the codes that the rules name."""
    duty: str = ""
    outcome: str = ""
    """Of a decision about a hold."""
    promised_on: date | None = None
    """Of a promise: by which day of the account's calendar. Of a plan: the day of its first payment."""
    instalments: int | None = None
    """Of a plan: how many."""
    contact_point_id: str | None = None
    """Of an opt-out or opt-in for one address; None: the whole channel."""
    evidence: str = ""
    """Where what was said can be looked up: a message's id, the version of a form; never its text."""
    wrong_number: bool = False
    """An opt-out because the address is somebody else's."""
    owed: Owed | None = None
    """Of a delinquency: the figures."""
    row: "BookRow | None" = None
    """Of a delinquency on an account that may be new: the figures with the person, never stored here."""
    report: DeliveryReport | None = None
    """Of a delivery: it names the message as the provider knows it."""
    task_id: int | None = None
    went_out: bool | None = None
    """Of a settled outcome: whether the message was sent."""
    relief_id: str = ""
    """Of a relief: it names the row that says all of it; the next two are for the case."""
    relief: ReliefKind | None = None
    relief_until: date | None = None
    move: MoveTo | None = None
    """Of a move: the case and the strategy."""
    note: str = ""
    """What a person of ours adds for the record, in a line and without personal data."""

    def __post_init__(self) -> None:
        """Keep instants in UTC; a naive one is refused."""
        for name in INSTANTS:
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, as_utc(value))

    def check(self) -> None:
        """Refuse what no effect could be given to; the sentence names the field. Raises InvalidInput."""
        check_id(self.event_id, "event_id")
        if not self.source:
            raise InvalidInput(f"source of event {self.event_id} is missing: name the sender")
        if len(self.note) > LONGEST_NOTE or not self.note.isprintable():
            raise InvalidInput(f"note of {self.kind} {self.event_id} must be one line of at most {LONGEST_NOTE} signs")
        checks: dict[InboundKind, Callable[[], None]] = dict.fromkeys(MOVES, self._check_money) | {
            InboundKind.OPT_OUT: self._check_statement,
            InboundKind.OPT_IN: self._check_statement,
            InboundKind.REPLY: self._check_reply,
            InboundKind.PROMISE: self._check_promise,
            InboundKind.PLAN: self._check_plan,
            InboundKind.ANSWER: self._check_callback,
            InboundKind.CALLBACK: self._check_callback,
            InboundKind.DELINQUENCY: self._check_delinquency,
            InboundKind.DELIVERY: self._check_delivery,
            InboundKind.NOTICE: lambda: None,
            InboundKind.TASK_DONE: self._check_task,
            InboundKind.TASK_ASSIGNED: self._check_assignment,
            InboundKind.OUTCOME_SETTLED: self._check_task,
            InboundKind.RELIEF_GRANTED: self._check_relief,
            InboundKind.DUTY_DONE: self._check_duty,
            InboundKind.HOLD_DECIDED: self._check_duty,
            InboundKind.RESIDUE_WAIVED: self._check_residue,
            InboundKind.RESIDUE_KEPT: self._check_residue,
            InboundKind.STRATEGY_MOVED: self._check_move,
            InboundKind.WITHDRAWAL: self._check_residue,
        }
        checks.get(self.kind, self._check_hold)()

    def _check_money(self) -> None:
        if not (self.account_id or self.payment):
            raise InvalidInput(f"account_id of {self.kind} {self.event_id} is missing")
        if type(self.amount_minor) is not int or not 0 < self.amount_minor <= MOST_MINOR:
            raise InvalidInput(f"amount_minor of {self.kind} {self.event_id} must be a positive whole number")
        if not self.currency:
            raise InvalidInput(f"currency of {self.kind} {self.event_id} is missing")

    def _check_statement(self) -> None:
        if self.channel is None:
            raise InvalidInput(f"channel of {self.kind} {self.event_id} is missing")
        if not (self.account_id or self.person_id or (self.address and self.kind is InboundKind.OPT_OUT)):
            raise InvalidInput(f"account_id, person_id or address of {self.kind} {self.event_id} must say whose it is")
        if self.ends_at is not None and (self.kind is InboundKind.OPT_OUT or self.ends_at <= self.at):
            raise InvalidInput(f"ends_at of {self.kind} {self.event_id}: only a permission ends, and after it began")
        if self.wrong_number and self.contact_point_id is None:
            raise InvalidInput(f"contact_point_id of {self.kind} {self.event_id} must say which number is wrong")

    def _check_reply(self) -> None:
        if self.channel is None or not (self.address or self.person_id):
            raise InvalidInput(f"channel and address of reply {self.event_id} are needed: who wrote it?")

    def _check_promise(self) -> None:
        self._check_money()
        if self.promised_on is None:
            raise InvalidInput(f"promised_on of promise {self.event_id} is missing: by which day?")

    def _check_plan(self) -> None:
        self._check_callback()
        if self.promised_on is None or type(self.instalments) is not int or self.instalments < 2:
            raise InvalidInput(f"instalments and promised_on of plan {self.event_id} are needed: how many, from when?")

    def _check_callback(self) -> None:
        if not self.account_id:
            raise InvalidInput(f"account_id of {self.kind} {self.event_id} is missing: what is it about?")

    def _check_delinquency(self) -> None:
        if not self.account_id or self.owed is None:
            raise InvalidInput(f"account_id and owed of delinquency {self.event_id} are needed: who owes how much?")

    def _check_delivery(self) -> None:
        if self.report is None or not self.report.provider_id:
            raise InvalidInput(f"report of delivery {self.event_id} must name the message by its provider's id")

    def _check_residue(self) -> None:
        if not self.account_id or not self.by:
            raise InvalidInput(f"account_id and by of {self.kind} {self.event_id} are needed: who decided about whom?")

    def _check_move(self) -> None:
        if not self.account_id or not self.by or self.move is None:
            raise InvalidInput(f"account_id, by and move of {self.kind} {self.event_id} are needed: who moved what?")

    def _check_duty(self) -> None:
        if not self.hold_id or not self.by or not (self.duty or self.outcome):
            raise InvalidInput(f"hold_id, by and duty or outcome of {self.kind} {self.event_id} are needed")

    def _check_assignment(self) -> None:
        self._check_task()
        if not self.owner.strip() or len(self.owner) > LONGEST_OWNER or not self.owner.isprintable():
            raise InvalidInput(
                f"owner of task {self.task_id} must be a team or the id that a person works under, of at most "
                f"{LONGEST_OWNER} signs"
            )

    def _check_task(self) -> None:
        if self.task_id is None or not self.by:
            raise InvalidInput(f"task_id and by of {self.kind} {self.event_id} are needed: who did which task?")
        if self.kind is InboundKind.OUTCOME_SETTLED and self.went_out is None:
            raise InvalidInput(f"went_out of {self.kind} {self.event_id} must say whether the message was sent")

    def _check_relief(self) -> None:
        if not self.account_id or not self.relief_id or self.relief is None or self.amount_minor is None:
            raise InvalidInput(f"account_id, relief_id, relief and amount_minor of relief {self.event_id} are needed")

    def _check_hold(self) -> None:
        if not (self.account_id or self.person_id):
            raise InvalidInput(f"account_id or person_id of {self.kind} {self.event_id} must say whose hold it is")
        if self.kind is not InboundKind.DISPUTE and not self.hold_id:
            raise InvalidInput(f"hold_id of {self.kind} {self.event_id} is missing")
        if self.kind is InboundKind.HOLD_PLACED and (self.hold_kind is None or not self.owner):
            raise InvalidInput(f"hold_kind and owner of hold_placed {self.event_id} are needed: who reviews it?")
        if self.obligation_due_on is not None and not self.account_id:
            raise InvalidInput(f"account_id of {self.kind} {self.event_id} is missing: whose amount due is held?")
        if self.ends_at is not None and self.ends_at <= (self.starts_at or self.at):
            raise InvalidInput(f"ends_at of {self.kind} {self.event_id} is not after its start")

    @property
    def hold(self) -> str:
        """The id of the hold that this fact places or releases."""
        return self.hold_id or f"hold:{self.event_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a fact, with all that a signal to the case needs."""

    fact: InboundFact
    """As it was stored first; without the address."""
    account_ids: tuple[str, ...]
    """Whose cases must hear of it: one for money, every account of the person for an opt-out."""
    balance_minor: int | None = None
    ledger_version: int | None = None
    touch_key: str = ""
    made_at: datetime | None = None
    """Of a delivery or a settled outcome: which touch it is about, and when that contact was made."""
    proven: bool = False
    """Of a delivery: nobody knew before it whether the message went out."""
    duplicate: bool = False
    """It was here before; nothing was changed."""
    parked: bool = False
    """Nobody we know: kept, without effect."""
    counted: bool = False
    """Of money that moved before the lender stated the balance: it is in the statement, and nothing was booked."""
    traceparent: str = ""
    """The place in a trace from which telling goes on; empty: from wherever it is told."""

    @property
    def event_id(self) -> str:
        """The sender's id."""
        return self.fact.event_id

    @property
    def kind(self) -> InboundKind:
        """What was told."""
        return self.fact.kind

    @property
    def at(self) -> datetime:
        """When it happened, in the sender's word."""
        return self.fact.at

    @property
    def account_id(self) -> str | None:
        """The account the fact is about; None when it is about a person."""
        return self.fact.account_id

    def event(self) -> Event | None:
        """The fact in the words of the case; None when it is parked, or changes only what the contact reads afresh."""
        fact = self.fact
        if self.parked or fact.kind in _NOT_FOR_THE_CASE or fact.contact_point_id is not None:
            return None
        if fact.kind in LEDGER:
            if self.counted:
                return None
            assert self.balance_minor is not None
            assert self.ledger_version is not None
            return LedgerChanged(
                event_id=fact.event_id,
                at=fact.at,
                balance_minor=self.balance_minor,
                ledger_version=self.ledger_version,
            )
        told: dict[InboundKind, Callable[[Receipt], Event | None]] = {
            InboundKind.RELIEF_GRANTED: relief_event,
            InboundKind.STRATEGY_MOVED: move_event,
            InboundKind.WITHDRAWAL: Receipt._withdrawn,
            InboundKind.DELIVERY: Receipt._reported,
            InboundKind.OUTCOME_SETTLED: Receipt._settled,
        }
        return told[fact.kind](self) if fact.kind in told else _about_silence(fact)

    def _reported(self) -> Event | None:
        """Only what did not arrive changes the case, and what was in doubt lets it plan again."""
        report = self.fact.report
        if report is None or self.made_at is None:
            return None
        if report.status is DeliveryStatus.FAILED:
            return self._contact_reported(DeliveryStatus.FAILED)
        return self._contact_reported(DeliveryStatus.SENT) if self.proven else None

    def _settled(self) -> Event:
        """A contact that was made; or of one that was not, only that nothing is in doubt any more."""
        if not self.fact.went_out:
            return self._contact_reported(DeliveryStatus.NONE)
        assert self.made_at is not None
        assert self.fact.channel is not None
        return ContactMade(
            event_id=f"made:{self.touch_key}",
            at=self.made_at,
            touch_key=self.touch_key,
            stage=stage_of(self.touch_key),
            channel=self.fact.channel,
        )

    def _withdrawn(self) -> Event:
        return CaseWithdrawn(event_id=self.event_id, at=self.at, by=self.fact.by)

    def _contact_reported(self, delivery: DeliveryStatus) -> ContactReported:
        assert self.made_at is not None
        return ContactReported(
            event_id=self.event_id, at=self.at, touch_key=self.touch_key, delivery=delivery, made_at=self.made_at
        )


def _about_silence(fact: InboundFact) -> Event:
    if fact.kind in (InboundKind.OPT_OUT, InboundKind.OPT_IN):
        assert fact.channel is not None
        word = ContactStopped if fact.kind is InboundKind.OPT_OUT else ContactAllowed
        return word(event_id=fact.event_id, at=fact.at, channel=fact.channel)
    if fact.kind is InboundKind.DISPUTE:
        return DisputeOpened(event_id=fact.event_id, at=fact.at, hold_id=fact.hold, owner=fact.owner)
    if fact.kind is InboundKind.HOLD_RELEASED:
        return HoldReleased(event_id=fact.event_id, at=fact.at, hold_id=fact.hold)
    assert fact.hold_kind is not None
    return HoldPlaced(
        event_id=fact.event_id,
        at=fact.at,
        hold_id=fact.hold,
        reason=fact.hold_kind,
        owner=fact.owner,
        starts_at=fact.starts_at or fact.at,
        ends_at=fact.ends_at,
        pauses_dpd=fact.pauses_dpd,
        obligation_due_on=fact.obligation_due_on,
        review_at=fact.review_at,
    )
