"""An outside fact as its sender states it, and what the inbox answers."""

from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from casedb.deliveries import DeliveryReport
from domain.calendar import as_utc
from domain.errors import InvalidInput
from domain.events import ContactReported, ContactStopped, DisputeOpened, Event, HoldPlaced, HoldReleased, LedgerChanged
from domain.vocabulary import Channel, DeliveryStatus, HoldKind, LedgerKind


class InboundKind(StrEnum):
    """What an outside system may tell us. Promises and plans are requests to the case, not facts."""

    PAYMENT = "payment"
    REVERSAL = "reversal"
    CREDIT = "credit"
    REFUND = "refund"
    """A merchant took goods back: less is owed."""
    FEE = "fee"
    WAIVER = "waiver"
    WRITE_OFF = "write_off"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    DISPUTE = "dispute"
    HOLD_PLACED = "hold_placed"
    HOLD_RELEASED = "hold_released"
    CALLBACK = "callback"
    """Somebody wants to talk to a human."""
    DELIVERY = "delivery"
    """What became of a message after its provider took it."""


MOVES: dict[InboundKind, tuple[LedgerKind, int]] = {
    InboundKind.PAYMENT: (LedgerKind.PAYMENT, -1),
    InboundKind.REVERSAL: (LedgerKind.REVERSAL, +1),
    InboundKind.CREDIT: (LedgerKind.CREDIT, -1),
    InboundKind.REFUND: (LedgerKind.CREDIT, -1),
    InboundKind.FEE: (LedgerKind.FEE, +1),
    InboundKind.WAIVER: (LedgerKind.WAIVER, -1),
    InboundKind.WRITE_OFF: (LedgerKind.WRITE_OFF, -1),
}
"""Facts about money: the kind of ledger entry, and whether what is owed grows or shrinks by the amount."""

MOST_MINOR = 10**15
"""More than any wallet owes: an amount beyond it is a mistake of units."""

_INSTANTS = ("at", "starts_at", "ends_at", "review_at")
_CLOSED_SETS: dict[str, type[StrEnum]] = {"kind": InboundKind, "channel": Channel, "hold_kind": HoldKind}
_PERSONAL = {"address", "reason"}
_NOT_FOR_THE_CASE = {InboundKind.OPT_IN, InboundKind.CALLBACK}
_REPORT = "report"


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
    contact_point_id: str | None = None
    """Of an opt-out or opt-in for one address; None: the whole channel."""
    evidence: str = ""
    """Where what was said can be looked up: a message's id, the version of a form; never its text."""
    wrong_number: bool = False
    """An opt-out because the address is somebody else's."""
    report: DeliveryReport | None = None
    """Of a delivery: it names the message as the provider knows it."""

    def __post_init__(self) -> None:
        """Keep instants in UTC; a naive one is refused."""
        for name in _INSTANTS:
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, as_utc(value))

    def check(self) -> None:
        """Refuse what no effect could be given to; the sentence names the field. Raises InvalidInput."""
        if not 1 <= len(self.event_id) <= 200:
            raise InvalidInput("event_id must have 1 to 200 characters")
        if not self.source:
            raise InvalidInput(f"source of event {self.event_id} is missing: name the sender")
        if self.kind in MOVES:
            self._check_money()
        elif self.kind in (InboundKind.OPT_OUT, InboundKind.OPT_IN):
            self._check_statement()
        elif self.kind is InboundKind.CALLBACK:
            self._check_callback()
        elif self.kind is InboundKind.DELIVERY:
            self._check_delivery()
        else:
            self._check_hold()

    def _check_money(self) -> None:
        if not self.account_id:
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

    def _check_callback(self) -> None:
        if not self.account_id:
            raise InvalidInput(f"account_id of callback {self.event_id} is missing: what is it about?")

    def _check_delivery(self) -> None:
        if self.report is None or not self.report.provider_id:
            raise InvalidInput(f"report of delivery {self.event_id} must name the message by its provider's id")

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
    """Of a delivery: which touch moved on, and when that contact was made."""
    duplicate: bool = False
    """It was here before; nothing was changed."""
    parked: bool = False
    """Nobody we know: kept, without effect."""

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
        if fact.kind in MOVES:
            assert self.balance_minor is not None
            assert self.ledger_version is not None
            return LedgerChanged(
                event_id=fact.event_id,
                at=fact.at,
                balance_minor=self.balance_minor,
                ledger_version=self.ledger_version,
            )
        if fact.kind is InboundKind.DELIVERY:
            return self._reported()
        return _about_silence(fact)

    def _reported(self) -> Event | None:
        """Only what did not arrive changes the case."""
        report = self.fact.report
        if report is None or report.status is not DeliveryStatus.FAILED or self.made_at is None:
            return None
        return ContactReported(
            event_id=self.event_id,
            at=self.at,
            touch_key=self.touch_key,
            delivery=report.status,
            made_at=self.made_at,
        )


def _about_silence(fact: InboundFact) -> Event:
    if fact.kind is InboundKind.OPT_OUT:
        assert fact.channel is not None
        return ContactStopped(event_id=fact.event_id, at=fact.at, channel=fact.channel)
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


def to_payload(receipt: Receipt) -> dict[str, Any]:
    """A receipt as JSON for the inbox: ids and amounts, no address and no free text."""
    stated = {f.name: getattr(receipt.fact, f.name) for f in fields(receipt.fact) if f.name not in _PERSONAL}
    stated[_REPORT] = asdict(receipt.fact.report) if receipt.fact.report else None
    return {
        "fact": {name: value.isoformat() if isinstance(value, date) else value for name, value in stated.items()},
        "touch_key": receipt.touch_key,
        "made_at": receipt.made_at.isoformat() if receipt.made_at else None,
        "account_ids": list(receipt.account_ids),
        "balance_minor": receipt.balance_minor,
        "ledger_version": receipt.ledger_version,
        "parked": receipt.parked,
    }


def from_payload(payload: dict[str, Any], *, duplicate: bool = False) -> Receipt:
    """The receipt that `to_payload` wrote, maybe before a field of today was known."""
    told = dict(payload["fact"])
    for name in _INSTANTS:
        told[name] = datetime.fromisoformat(told[name]) if told.get(name) else None
    told["obligation_due_on"] = date.fromisoformat(told["obligation_due_on"]) if told.get("obligation_due_on") else None
    for name, choices in _CLOSED_SETS.items():
        told[name] = choices(told[name]) if told[name] else None
    report, made_at = told.get(_REPORT), payload.get("made_at")
    told[_REPORT] = DeliveryReport(**report | {"status": DeliveryStatus(report["status"])}) if report else None
    return Receipt(
        fact=InboundFact(**told),
        touch_key=payload.get("touch_key", ""),
        made_at=datetime.fromisoformat(made_at) if made_at else None,
        account_ids=tuple(payload["account_ids"]),
        balance_minor=payload["balance_minor"],
        ledger_version=payload["ledger_version"],
        parked=payload["parked"],
        duplicate=duplicate,
    )
