"""Promises and plans on record: what a lost workflow is told again, how each was judged, and what was paid since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, case, cast, func, insert, or_, select, update

from casedb import schema
from casedb.ledger import Entry, find_account, post
from domain.agreements import PlanState, PromiseState
from domain.case import CaseState
from domain.events import Instalment, PlanAccepted, PromiseMade
from domain.negotiation.judging import Judgement, Received
from domain.negotiation.standing import Judged
from domain.vocabulary import LedgerKind

_agreement, _entry = schema.agreement, schema.ledger_entry
MONEY = (LedgerKind.PAYMENT, LedgerKind.REVERSAL, LedgerKind.CREDIT)
"""What keeps an agreement; relief and charges do not."""
_RECEIVED = select(
    cast(func.coalesce(func.sum(-_entry.c.amount_minor), 0), BigInteger).label("total"),
    cast(
        func.coalesce(
            func.sum(
                case(
                    (or_(_entry.c.amount_minor > 0, _entry.c.at < bindparam("by")), -_entry.c.amount_minor),
                    else_=0,
                )
            ),
            0,
        ),
        BigInteger,
    ).label("in_time"),
).where(
    _entry.c.account_id == bindparam("account"),
    _entry.c.version > bindparam("version"),
    _entry.c.kind.in_([kind.value for kind in MONEY]),
)
_KNOWN = select(_agreement.c.agreed_as, _agreement.c.judgement).where(_agreement.c.case_id == bindparam("case"))
_INSERT = insert(_agreement)
_JUDGE = (
    update(_agreement)
    .where(_agreement.c.case_id == bindparam("of_case"), _agreement.c.agreed_as == bindparam("key"))
    .values(judgement=bindparam("to"), judged_at=bindparam("at"), received_minor=bindparam("received"))
)
_OF_CASE = select(_agreement).where(_agreement.c.case_id == bindparam("case")).order_by(_agreement.c.agreed_at)
_END = (
    update(_agreement)
    .where(_agreement.c.case_id == bindparam("of_case"), _agreement.c.judgement == Judgement.OPEN.value)
    .values(judgement=bindparam("to"), judged_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRecord:
    """An agreement as its row stands."""

    case_id: str
    account_id: str
    currency: str
    agreed_as: str
    agreed_at: datetime
    payments: tuple[Instalment, ...]
    judgement: Judgement
    judged_at: datetime | None
    received_minor: int

    @property
    def amount_minor(self) -> int:
        """All of it."""
        return sum(each.amount_minor for each in self.payments)


def received(connection: Connection, account_id: str, agreed_as: str, *, since_version: int, by: datetime) -> Received:
    """What was paid on an account after a version of its ledger, in all and before an instant."""
    row = connection.execute(_RECEIVED, {"account": account_id, "version": since_version, "by": by}).one()
    return Received(agreed_as=agreed_as, total_minor=int(row.total), in_time_minor=int(row.in_time))


def record(connection: Connection, case: CaseState, judged: Iterable[Judged], now: datetime) -> None:
    """Write down the promise and the plan of a case and how they stand; again with the same, nothing changes.

    A promise is judged once. A plan that was broken performs again when what was missed is paid.
    """
    known = {row.agreed_as: Judgement(row.judgement) for row in connection.execute(_KNOWN, {"case": case.case_id})}
    standing = {each.agreed_as: each for each in judged}
    in_force = {row["agreed_as"]: row for row in _rows_of(case)}
    for agreed_as, row in in_force.items():
        if agreed_as not in known:
            connection.execute(_INSERT, row)
            known[agreed_as] = Judgement.OPEN
    for agreed_as, judgement in known.items():
        found = standing.get(agreed_as)
        if agreed_as not in in_force and judgement is Judgement.OPEN:
            found = Judged(agreed_as=agreed_as, judgement=Judgement.REPLACED, received_minor=0)
        final = agreed_as.startswith("promise:") and judgement is not Judgement.OPEN
        if found is not None and not final and found.judgement is not judgement:
            told = {"to": found.judgement.value, "at": now, "received": found.received_minor}
            connection.execute(_JUDGE, told | {"of_case": case.case_id, "key": agreed_as})


def end(connection: Connection, case_id: str, judgement: Judgement, now: datetime) -> None:
    """With its end a case leaves no agreement open."""
    connection.execute(_END, {"of_case": case_id, "to": judgement.value, "at": now})


def charge_interest(connection: Connection, case: CaseState, today: date, now: datetime) -> bool:
    """Post the interest inside each instalment of the plan whose day has come, once; whether any was posted.

    Interest is charged with its day, so that whoever pays early or breaks the plan owes none of what was to come.
    """
    plan = case.plan
    if plan is None or not any(plan.interest_minor):
        return False
    wanted = {
        f"interest:{case.case_id}:{plan.plan_id}:{number}": interest
        for number, (instalment, interest) in enumerate(zip(plan.instalments, plan.interest_minor, strict=True), 1)
        if interest and instalment.due_on <= today
    }
    posted = set(connection.scalars(select(_entry.c.entry_id).where(_entry.c.entry_id.in_(wanted))))
    for entry_id, interest in wanted.items():
        if entry_id not in posted:
            standing = find_account(connection, case.account_id, lock=True)
            assert standing is not None, "its snapshot was just read"
            entry = Entry(entry_id=entry_id, kind=LedgerKind.INTEREST, amount_minor=interest, at=now)
            post(connection, standing, entry, recorded_at=now)
    return len(posted) < len(wanted)


def made_facts(connection: Connection, case_id: str) -> list[tuple[PromiseMade | PlanAccepted, dict[str, Any]]]:
    """Every promise and plan of a case as the fact that it was, oldest first, with what was owed that day."""
    return [
        (_fact(row), {"baseline_minor": row.baseline_minor, "baseline_version": row.baseline_version})
        for row in connection.execute(_OF_CASE, {"case": case_id})
    ]


def _fact(row: Any) -> PromiseMade | PlanAccepted:
    kind, _, agreed_id = row.agreed_as.partition(":")
    payments = _payments(row.payments)
    if kind == "promise":
        return PromiseMade(
            event_id=row.agreed_as,
            at=row.agreed_at,
            promise_id=agreed_id,
            amount_minor=payments[0].amount_minor,
            due_on=payments[0].due_on,
        )
    return PlanAccepted(
        event_id=row.agreed_as,
        at=row.agreed_at,
        plan_id=agreed_id,
        instalments=payments,
        down_payment_minor=row.down_payment_minor,
        interest_minor=tuple(row.interest_minor),
    )


def list_agreements(connection: Connection, kind: str, account_id: str | None = None) -> list[AgreementRecord]:
    """Agreements of a kind, the newest first: all, or those of one account."""
    wanted = (
        select(_agreement, schema.case.c.account_id, schema.account.c.currency)
        .join(schema.case, schema.case.c.case_id == _agreement.c.case_id)
        .join(schema.account, schema.account.c.account_id == schema.case.c.account_id)
        .where(_agreement.c.agreed_as.startswith(f"{kind}:"))
        .order_by(_agreement.c.agreed_at.desc(), _agreement.c.agreed_as)
    )
    if account_id is not None:
        wanted = wanted.where(schema.case.c.account_id == account_id)
    return [
        AgreementRecord(
            case_id=row.case_id,
            account_id=row.account_id,
            currency=row.currency,
            agreed_as=row.agreed_as,
            agreed_at=row.agreed_at,
            payments=_payments(row.payments),
            judgement=Judgement(row.judgement),
            judged_at=row.judged_at,
            received_minor=row.received_minor,
        )
        for row in connection.execute(wanted)
    ]


def _rows_of(case: CaseState) -> list[dict[str, Any]]:
    rows = []
    if (promise := case.promise) is not None:
        payment = Instalment(due_on=promise.due_on, amount_minor=promise.amount_minor)
        rows.append(_row(case, promise, promise.made_at, (payment,)))
    if (plan := case.plan) is not None:
        more = {"down_payment_minor": plan.down_payment_minor, "interest_minor": list(plan.interest_minor)}
        rows.append(_row(case, plan, plan.accepted_at, plan.instalments) | more)
    return rows


def _row(
    case: CaseState, agreed: PromiseState | PlanState, at: datetime, payments: Sequence[Instalment]
) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "agreed_as": agreed.agreed_as,
        "agreed_at": at,
        "payments": [[each.due_on.isoformat(), each.amount_minor] for each in payments],
        "down_payment_minor": 0,
        "interest_minor": [],
        "baseline_minor": agreed.baseline_minor,
        "baseline_version": agreed.baseline_version,
        "judgement": Judgement.OPEN.value,
        "judged_at": None,
        "received_minor": 0,
    }


def _payments(stored: Iterable[Any]) -> tuple[Instalment, ...]:
    return tuple(Instalment(due_on=date.fromisoformat(on), amount_minor=amount) for on, amount in stored)
