"""`relief`: deferral, waiver and settlement, from the proposal over a second person's yes to their effect."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from casedb import reliefs
from casedb.agreements import list_agreements
from casedb.engine import reading, writing
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.people import find_whose
from casedb.reliefs import ReliefRecord
from casedb.timeline import CaseRecord, find_case
from config.rules import load_rules
from console.output import pairs, plain, say, screen, table, wall_time, write_json
from console.planner import planner_of
from console.session import Session, session
from console.telling import heard, tell_cases
from domain.authority import Authority, ReliefKind
from domain.calendar import start_of_day
from domain.errors import IllegalTransition, InvalidInput
from domain.money import in_words, parse_money
from domain.negotiation.judging import Judgement
from domain.negotiation.relief import (
    Debt,
    ReliefRequest,
    ReliefStatus,
    check_relief,
    given_up,
    residual_of,
    stands_until,
)
from domain.strategy import ReliefTerms, Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRelief:
    """What `relief propose` was asked for."""

    account_id: str
    kind: ReliefKind
    amount: str
    until: date | None
    by: str
    reason: str


def propose(new: NewRelief, *, as_json: bool) -> int:
    """Put it on record. Within the person's limit it stands, and what needs no acceptance is granted at once."""
    now = datetime.now(UTC)
    with session() as opened:
        record = _proposed(opened, new, now)
        told: tuple[str, ...] = ()
        if record.status is ReliefStatus.OFFERED and record.kind is not ReliefKind.SETTLEMENT:
            record, told = _grant(opened, record, new.by, now)
    _say(record, told, now, as_json=as_json)
    return 0


def _proposed(opened: Session, new: NewRelief, now: datetime) -> ReliefRecord:
    rules = load_rules(opened.settings)
    if not rules.authority.knows(new.by):
        raise InvalidInput(f"--by {new.by} is not among the people of the roles file")
    with writing(opened.engine) as connection:
        case = find_case(connection, new.account_id)
        if case.closed_at is not None:
            raise IllegalTransition(f"case {case.case_id} is closed: {case.close_reason}")
        strategy = planner_of(opened, rules).version(case.strategy, case.strategy_version)
        request = _request(new, case)
        check_relief(request, _debt(connection, case, strategy), strategy.relief, now)
        record = _record(connection, new, case, request, terms=strategy.relief, authority=rules.authority, now=now)
        reliefs.propose(connection, record)
    return record


def _request(new: NewRelief, case: CaseRecord) -> ReliefRequest:
    if new.kind is ReliefKind.DEFERRAL:
        if new.amount:
            raise InvalidInput("--amount is not for a deferral: it is about all that is owed")
        return ReliefRequest(kind=new.kind, amount_minor=max(1, case.balance_minor), until=new.until)
    if not new.amount:
        raise InvalidInput(f"--amount is missing: a {new.kind.value.replace('_', ' ')} is of an amount")
    until = new.until if new.kind is ReliefKind.SETTLEMENT else None
    return ReliefRequest(kind=new.kind, amount_minor=parse_money(new.amount, case.currency).amount_minor, until=until)


def _debt(connection: Connection, case: CaseRecord, strategy: Strategy) -> Debt:
    granted = [
        each for each in reliefs.list_reliefs(connection, account_id=case.account_id) if each.case_id == case.case_id
    ]
    plans = list_agreements(connection, "plan", case.account_id)
    in_force = next((each.agreed_as for each in plans if each.judgement is Judgement.OPEN), "")
    return Debt(
        account_id=case.account_id,
        balance_minor=case.balance_minor,
        currency=case.currency,
        zone=case.zone,
        parts=reliefs.parts_owed(connection, case.account_id, strategy.allocation),
        granted=tuple(each.kind for each in granted if each.status is ReliefStatus.GRANTED),
        agreement=in_force,
    )


def _record(
    connection: Connection,
    new: NewRelief,
    case: CaseRecord,
    request: ReliefRequest,
    *,
    terms: ReliefTerms,
    authority: Authority,
    now: datetime,
) -> ReliefRecord:
    amount = given_up(request.kind, request.amount_minor, case.balance_minor)
    alone = authority.may_grant(new.by, request.kind, amount, case.balance_minor, case.currency, at=now)
    number = len(reliefs.list_reliefs(connection, account_id=case.account_id)) + 1
    return ReliefRecord(
        relief_id=f"{case.account_id}-r{number}",
        case_id=case.case_id,
        account_id=case.account_id,
        kind=request.kind,
        amount_minor=request.amount_minor,
        until=request.until,
        reason=new.reason,
        residual=residual_of(request.kind),
        proposed_by=new.by,
        proposed_as=", ".join(sorted(authority.roles_of(new.by, now))) if alone else "",
        proposed_at=now,
        expires_at=stands_until(request, terms, case.zone, now),
        balance_minor=case.balance_minor,
        ledger_version=0,
        status=ReliefStatus.OFFERED if alone else ReliefStatus.PROPOSED,
    )


def accept(relief_id: str, by: str, *, as_json: bool) -> int:
    """The borrower takes the settlement; of other relief, give an approved one its effect. Twice is once."""
    now = datetime.now(UTC)
    with session() as opened:
        with reading(opened.engine) as connection:
            record = reliefs.find_relief(connection, relief_id)
        record, told = _grant(opened, record, by, now)
    _say(record, told, now, as_json=as_json)
    return 0


def decide(relief_id: str, by: str, why: str, *, approve: bool, as_json: bool) -> int:
    """A second person's word about what was above the proposer's limit."""
    now = datetime.now(UTC)
    with session() as opened:
        record, told = decide_relief(opened, relief_id, by, why, approve=approve, now=now)
    _say(record, told, now, as_json=as_json)
    return 0


def decide_relief(
    opened: Session, relief_id: str, by: str, why: str, *, approve: bool, now: datetime
) -> tuple[ReliefRecord, tuple[str, ...]]:
    """The same for whoever has a session: the relief as it stands then, and the accounts whose case was told."""
    authority = load_rules(opened.settings).authority
    with writing(opened.engine) as connection:
        case = find_case(connection, reliefs.find_relief(connection, relief_id).case_id)
        record = reliefs.decide(
            connection, authority, relief_id, by=by, approve=approve, why=why, currency=case.currency, now=now
        )
    if record.status is ReliefStatus.OFFERED and record.kind is not ReliefKind.SETTLEMENT:
        return _grant(opened, record, record.proposed_by, now)
    return record, ()


def _grant(opened: Session, record: ReliefRecord, by: str, now: datetime) -> tuple[ReliefRecord, tuple[str, ...]]:
    """Its effect through the one door, and then told to the case."""
    with reading(opened.engine) as connection:
        zone = find_whose(connection, record.account_id).zone
        currency = find_case(connection, record.case_id).currency
    deferral = record.kind is ReliefKind.DEFERRAL and record.until is not None
    fact = InboundFact(
        event_id=f"relief:{record.relief_id}",
        source="console",
        kind=InboundKind.RELIEF_GRANTED,
        at=now,
        account_id=record.account_id,
        amount_minor=record.amount_minor,
        currency=currency,
        relief_id=record.relief_id,
        relief=record.kind,
        relief_until=record.until,
        ends_at=start_of_day(record.until, zone) if deferral and record.until else None,
        by=by,
    )
    receipt = receive(opened.engine, fact, received_at=now)
    told = tell_cases(opened, receipt, now)
    with reading(opened.engine) as connection:
        return reliefs.find_relief(connection, record.relief_id), told


def show_reliefs(account_id: str | None, status: ReliefStatus | None, *, as_json: bool) -> int:
    """Reliefs, the newest first."""
    now = datetime.now(UTC)
    with session() as opened, reading(opened.engine) as connection:
        found = reliefs.list_reliefs(connection, account_id=account_id, status=status)
        owed = {each.case_id: find_case(connection, each.case_id).currency for each in found}
    if as_json:
        write_json([_as_json(each, now) for each in found])
        return 0
    rows = [
        (
            each.relief_id,
            each.kind.value.replace("_", " "),
            in_words(each.amount_minor, owed[each.case_id]),
            str(each.until or ""),
            each.proposed_by,
            each.stands_as(now),
        )
        for each in found
    ]
    screen().print(table(f"Relief on record: {len(found)}", ("id", "kind", "amount", "until", "by", "status"), rows))
    return 0


def show_relief(relief_id: str, *, as_json: bool) -> int:
    """One relief with everything that is on record about it."""
    now = datetime.now(UTC)
    with session() as opened, reading(opened.engine) as connection:
        record = reliefs.find_relief(connection, relief_id)
    if as_json:
        write_json(_as_json(record, now))
        return 0
    told = {name: value for name, value in _as_json(record, now).items() if value not in ("", None)}
    screen().print(pairs(f"Relief {relief_id}", ((name.replace("_", " "), str(value)) for name, value in told.items())))
    return 0


def _as_json(record: ReliefRecord, now: datetime) -> dict[str, object]:
    return {**plain(record), "stands_as": record.stands_as(now)}


def _say(record: ReliefRecord, told: tuple[str, ...], now: datetime, *, as_json: bool) -> None:
    if as_json:
        write_json(_as_json(record, now) | {"cases_told": list(told)})
        return
    about = f"{record.kind.value.replace('_', ' ')} {record.relief_id} on account {record.account_id}"
    if record.status is ReliefStatus.GRANTED:
        say(f"{about} is granted; {heard(told)}; the terms go out in writing")
    elif record.status is ReliefStatus.OFFERED:
        say(f"{about} stands until {wall_time(record.expires_at)}: python starter.py relief accept {record.relief_id}")
    elif record.status is ReliefStatus.REFUSED:
        say(f"{about} is refused by {record.decided_by}")
    else:
        say(f"{about} is above the limit of {record.proposed_by}: another person must approve it")
