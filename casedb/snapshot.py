"""What the governed contact and the planner must know, read in one transaction: person, account, holds, touches.

Two statements (and PostgreSQL's lock; three where there is a hold), each compiled once; the contact runs them for
every touch of every case.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import BigInteger, Connection, ScalarSelect, and_, bindparam, cast, func, or_, select

from casedb import schema, switches
from casedb.consents import latest_permission
from casedb.prepared import Prepared
from casedb.verdicts import ChainHead
from domain.errors import NotKnown
from domain.holds import DutyState, HoldState
from domain.negotiation.judging import Received
from domain.obligations import unpaid_amounts
from domain.score import History
from domain.switches import Switch
from domain.vocabulary import Channel, DeliveryStatus, HoldKind, LedgerKind, Permission, TouchStatus

COUNTED_DAYS = 32
"""How far back touches are read; longer than any cap of a profile counts."""
NOT_FOUND = "not_found"
"""Code of a touch of which the provider knows nothing, long after its answer was lost: same address or none."""
ELSEWHERE = "elsewhere"
"""The same, of a touch that is to go by another channel."""
RESENT = "resent"
"""Code of a touch that was sent again after that: once, and then never again without a human."""
LEFT = "left"
"""Code of a touch of which nobody will know whether it arrived, and that is left at that."""
IN_DOUBT = frozenset({TouchStatus.CLAIMED, TouchStatus.UNKNOWN})
"""Of these it may be that they left the house without our knowing."""
COUNTS_AGAINST_CAPS = frozenset({TouchStatus.CLAIMED, TouchStatus.SENT, TouchStatus.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One address of the person, with what the consent ledger says about it now."""

    contact_point_id: str
    channel: Channel
    address: str
    deliverable: bool
    opted_out: bool
    opted_in: bool
    """A permission for the channel or the address was given and stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchRecord:
    """A touch as it stands under its key."""

    touch_id: str
    channel: Channel
    contact_point_id: str
    reference: str
    status: TouchStatus
    at: datetime
    attempted_at: datetime
    code: str
    delivery: DeliveryStatus
    undelivered_by: frozenset[Channel]
    """Channels by which it was taken and did not arrive; renewing the claim forgets none."""

    @property
    def arrived_as_far_as_known(self) -> bool:
        """Whether the provider took it and nobody reported since that it did not arrive."""
        return self.status is TouchStatus.SENT and self.delivery is not DeliveryStatus.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One moment of a person and one account."""

    person_id: str
    full_name: str
    locale: str
    jurisdiction: str
    zones: tuple[str, ...]
    account_id: str
    creditor: str
    product: str
    currency: str
    zone: str
    balance_minor: int
    ledger_version: int
    ledger_as_of: datetime | None
    accrued_minor: int
    """Interest and fees ever charged."""
    residual_kept: bool
    """A person decided that the interest and fees that are left are chased."""
    points: tuple[Point, ...]
    holds: tuple[HoldState, ...]
    unpaid: tuple[tuple[date, int], ...]
    """Due date and what is left of each amount; read only while a hold is on one of them alone."""
    contacts: tuple[tuple[Channel, datetime], ...]
    """Touches of the person over all accounts that count against caps, but for the one under this key."""
    touch: TouchRecord | None
    """The touch under the key asked for, if it was ever claimed."""
    unresolved: str
    """Key of a touch of this case that the provider could not confirm; a human must settle it. Empty: none."""
    asked_about: str
    """Key of one that was claimed and of which nobody has heard yet, or whose answer was lost. Empty: none."""
    switches: tuple[Switch, ...]
    """Kill switches that are set."""
    chain: ChainHead | None
    """The end of the case's chain of verdicts; None before the case is there."""
    received: tuple[Received, ...] = ()
    """What was paid since each agreement of the case; only whoever has the case at hand can ask."""
    history: History | None = None
    """What a score is made of; read where the strategy asks for it."""
    strategy: str | None = None
    """The strategy that the case runs under now, and its version; None before the case is there."""
    strategy_version: str | None = None

    def usable_channels(self, supported: frozenset[Channel]) -> tuple[Channel, ...]:
        """Channels with an address that is deliverable and not opted out, in a stable order."""
        usable = {point.channel for point in self.points if point.deliverable and not point.opted_out}
        return tuple(channel for channel in Channel if channel in usable & supported)


_person, _account, _point, _consent = schema.person, schema.account, schema.contact_point, schema.consent
_LOCK = Prepared(
    select(_person.c.person_id)
    .where(
        _person.c.person_id
        == select(_account.c.person_id).where(_account.c.account_id == bindparam("account_id")).scalar_subquery()
    )
    .with_for_update()
)
"""A statement of its own: PostgreSQL fixes what a statement sees before it waits for a lock, so one that locked and
read at once would read the ledger as it was before the payment it waited for."""


def _said(address: Any) -> ScalarSelect[Any]:
    """What was said last about an address, or with the empty one about the whole channel."""
    return latest_permission(_point.c.person_id, _point.c.channel, address, bindparam("now", type_=_consent.c.at.type))


_case = schema.case
_entry = schema.ledger_entry
_ACCRUED = (
    select(cast(func.sum(_entry.c.amount_minor), BigInteger))
    .where(
        _entry.c.account_id == _account.c.account_id,
        or_(_entry.c.kind == LedgerKind.INTEREST.value, _entry.c.kind == LedgerKind.FEE.value),
    )
    .correlate(_account)
    .scalar_subquery()
)
_hold, _duty = schema.hold, schema.duty
_HELD = (
    select(func.count())
    .where(
        _hold.c.person_id == _person.c.person_id,
        or_(_hold.c.account_id.is_(None), _hold.c.account_id == _account.c.account_id),
    )
    .correlate(_person, _account)
    .scalar_subquery()
)
"""Only where it is not 0, the holds need be read."""
_WHO = Prepared(
    select(
        _person.c.person_id,
        _person.c.full_name,
        _person.c.locale,
        _person.c.jurisdiction,
        _person.c.zones,
        _account.c.account_id,
        _account.c.creditor,
        _account.c.product,
        _account.c.currency,
        _account.c.zone,
        _account.c.balance_minor,
        _account.c.ledger_version,
        _account.c.ledger_as_of,
        _point.c.contact_point_id,
        _point.c.channel,
        _point.c.address,
        _point.c.undeliverable_since,
        _said("").label("channel_permission"),
        _said(_point.c.address).label("address_permission"),
        _case.c.verdict_number,
        _case.c.verdict_hash,
        switches.HOW_MANY.label("switches_set"),
        _ACCRUED.label("accrued_minor"),
        _HELD.label("holds_there"),
        _case.c.residual_kept_by,
        _case.c.strategy,
        _case.c.strategy_version,
    )
    .select_from(_account)
    .join(_person, _account.c.person_id == _person.c.person_id)
    .outerjoin(_point, _point.c.person_id == _person.c.person_id)
    .outerjoin(_case, _case.c.case_id == bindparam("case_id"))
    .where(_account.c.account_id == bindparam("account_id"))
    .order_by(_point.c.preference, _point.c.contact_point_id)
)
"""One row per address; one without an address when there is none."""
_HOLDS = Prepared(
    select(
        _hold.c.hold_id,
        _hold.c.kind,
        _hold.c.owner,
        _hold.c.starts_at,
        _hold.c.ends_at,
        _hold.c.released_at,
        _hold.c.pauses_dpd,
        _hold.c.obligation_due_on,
        _hold.c.review_at,
        _duty.c.duty,
        _duty.c.opens_at,
        _duty.c.due_on,
        _duty.c.due_at,
        _duty.c.asked_at,
    )
    .outerjoin(_duty, and_(_duty.c.hold_id == _hold.c.hold_id, _duty.c.done_at.is_(None), _duty.c.lapsed_at.is_(None)))
    .where(
        _hold.c.person_id == bindparam("person_id"),
        or_(_hold.c.account_id.is_(None), _hold.c.account_id == bindparam("account_id")),
    )
    .order_by(_hold.c.hold_id, _duty.c.due_at, _duty.c.duty)
)
"""One row per open duty; one without a duty when there is none."""
_OBLIGATIONS = Prepared(
    select(schema.obligation.c.due_on, schema.obligation.c.amount_minor).where(
        schema.obligation.c.account_id == bindparam("account_id")
    )
)
_touch = schema.touch
_TOUCHES = Prepared(
    select(
        _touch.c.touch_id,
        _touch.c.case_id,
        _touch.c.touch_key,
        _touch.c.channel,
        _touch.c.contact_point_id,
        _touch.c.reference,
        _touch.c.status,
        _touch.c.at,
        _touch.c.attempted_at,
        _touch.c.code,
        _touch.c.delivery,
        _touch.c.undelivered_by,
    ).where(
        _touch.c.person_id == bindparam("person_id"),
        or_(
            _touch.c.at >= bindparam("since"),
            _touch.c.status == TouchStatus.UNKNOWN.value,
            and_(_touch.c.case_id == bindparam("case_id"), _touch.c.touch_key == bindparam("touch_key")),
        ),
    )
)


def read_snapshot(
    connection: Connection, account_id: str, case_id: str, touch_key: str, now: datetime, *, lock: bool
) -> Snapshot:
    """Everything about the account's person at this moment; with `lock`, nobody else decides about him meanwhile.

    Raises NotKnown for an unknown account.
    """
    account = {"account_id": account_id}
    if lock and connection.dialect.name == "postgresql":  # on SQLite the transaction of `writing` is alone already
        _LOCK.all(connection, account)
    rows = _WHO.all(connection, account | {"case_id": case_id, "now": now})
    if not rows:
        raise NotKnown(f"account {account_id} is not in the case database: import its book first")
    who = rows[0]
    person = {"person_id": who.person_id}
    touches = _TOUCHES.all(
        connection,
        person | {"since": now - timedelta(days=COUNTED_DAYS), "case_id": case_id, "touch_key": touch_key},
    )
    holds = _holds(connection, person | account) if who.holds_there else ()
    mine = [row for row in touches if row.case_id == case_id and row.touch_key == touch_key]
    others = [row for row in touches if row.case_id != case_id or row.touch_key != touch_key]
    lost = [row for row in touches if row.case_id == case_id and row.status in IN_DOUBT]
    return Snapshot(
        person_id=who.person_id,
        full_name=who.full_name,
        locale=who.locale,
        jurisdiction=who.jurisdiction,
        zones=tuple(who.zones),
        account_id=who.account_id,
        creditor=who.creditor,
        product=who.product,
        currency=who.currency,
        zone=who.zone,
        balance_minor=who.balance_minor,
        ledger_version=who.ledger_version,
        ledger_as_of=who.ledger_as_of,
        accrued_minor=int(who.accrued_minor or 0),
        residual_kept=who.residual_kept_by is not None,
        points=tuple(_point_of(row) for row in rows if row.contact_point_id is not None),
        holds=holds,
        unpaid=_unpaid(connection, holds, account, who.balance_minor),
        contacts=tuple((Channel(row.channel), row.at) for row in others if row.status in COUNTS_AGAINST_CAPS),
        touch=_record(mine[0]) if mine else None,
        unresolved=next((row.touch_key for row in lost if _is_unresolved(row)), ""),
        asked_about=next((row.touch_key for row in lost if _is_open(row)), ""),
        switches=switches.active(connection) if who.switches_set else (),
        chain=ChainHead(who.verdict_number, who.verdict_hash) if who.verdict_hash is not None else None,
        strategy=who.strategy,
        strategy_version=who.strategy_version,
    )


def _point_of(row: Any) -> Point:
    return Point(
        contact_point_id=row.contact_point_id,
        channel=Channel(row.channel),
        address=row.address,
        deliverable=row.undeliverable_since is None,
        opted_out=Permission.WITHDRAWN in (row.channel_permission, row.address_permission),
        opted_in=Permission.GIVEN in (row.channel_permission, row.address_permission),
    )


def _holds(connection: Connection, where: dict[str, Any]) -> tuple[HoldState, ...]:
    return tuple(
        HoldState(
            hold_id=row.hold_id,
            kind=HoldKind(row.kind),
            owner=row.owner,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            released_at=row.released_at,
            pauses_dpd=row.pauses_dpd,
            obligation_due_on=row.obligation_due_on,
            review_at=row.review_at,
            duties=tuple(_duty_of(each) for each in rows if each.duty is not None),
        )
        for rows in (list(group) for _, group in groupby(_HOLDS.all(connection, where), lambda row: row.hold_id))
        for row in rows[:1]
    )


def _duty_of(row: Any) -> DutyState:
    return DutyState(
        duty=row.duty,
        opens_at=row.opens_at,
        due_on=row.due_on,
        due_at=row.due_at,
        asked=row.asked_at is not None,
    )


def _unpaid(
    connection: Connection, holds: tuple[HoldState, ...], account: dict[str, Any], balance_minor: int
) -> tuple[tuple[date, int], ...]:
    """One more statement, for the few accounts of which single amounts are held."""
    if all(hold.obligation_due_on is None for hold in holds):
        return ()
    dated = [(row.due_on, row.amount_minor) for row in _OBLIGATIONS.all(connection, account)]
    return unpaid_amounts(dated, balance_minor)


def _is_unresolved(row: Any) -> bool:
    return bool(row.status == TouchStatus.UNKNOWN and row.code == NOT_FOUND)


def _is_open(row: Any) -> bool:
    return bool(row.status == TouchStatus.CLAIMED or row.code not in (NOT_FOUND, LEFT))


def _record(row: Any) -> TouchRecord:
    return TouchRecord(
        touch_id=row.touch_id,
        channel=Channel(row.channel),
        contact_point_id=row.contact_point_id,
        reference=row.reference,
        status=TouchStatus(row.status),
        at=row.at,
        attempted_at=row.attempted_at,
        code=row.code,
        delivery=DeliveryStatus(row.delivery),
        undelivered_by=frozenset(map(Channel, row.undelivered_by.split())),
    )
