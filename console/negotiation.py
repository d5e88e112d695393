"""`promise` and `plan`: what a borrower said he would pay, and what may be offered to him."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection

from casedb.agreements import AgreementRecord, list_agreements
from casedb.engine import reading
from casedb.people import find_jurisdiction
from casedb.timeline import CaseRecord, find_case
from config.closed_days import closed_days
from config.rules import load_rules
from console.asking import ask_case
from console.output import plain, say, screen, table, wall_time, write_json
from console.planner import planner_of
from console.session import Session, session
from domain.calendar import local_date
from domain.errors import IllegalTransition
from domain.money import in_words, parse_money
from domain.negotiation.plan_options import LONGEST_PLAN_MONTHS, PlanOption, draw_up, months_after, plan_options
from domain.requests import PlanRequest, PromiseRequest
from domain.strategy import NegotiationTerms
from workflows.collection import CollectionWorkflow


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlan:
    """What `plan accept` was asked for."""

    account_id: str
    instalments: int
    first_due_on: date | None
    down_payment: str
    plan_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """What plans of a case are computed from."""

    case: CaseRecord
    terms: NegotiationTerms
    today: date
    closed: tuple[date, ...]


def make_promise(account_id: str, amount: str, due_on: date, promise_id: str, *, as_json: bool) -> int:
    """Ask the case to take the promise; the same command again on the same promise is safe."""
    with session() as opened:
        with reading(opened.engine) as connection:
            case = _open_case(connection, account_id)
        minor = parse_money(amount, case.currency).amount_minor
        wanted = promise_id or f"console:{account_id}:{due_on}:{minor}"
        request = PromiseRequest(promise_id=wanted, amount_minor=minor, due_on=due_on)
        made = ask_case(opened, account_id, CollectionWorkflow.promise_to_pay, request, update_id=f"promise:{wanted}")
    if as_json:
        write_json({"account_id": account_id, "case_id": case.case_id, "promise": plain(made)})
        return 0
    told = in_words(made.amount_minor, case.currency)
    say(f"promise {made.promise_id}: {told} by {made.due_on}; contact pauses until it is judged")
    return 0


def show_options(account_id: str, first_due_on: date | None, *, as_json: bool) -> int:
    """Every plan on offer; nothing is agreed by looking."""
    with session() as opened, reading(opened.engine) as connection:
        offer = _offer(opened, connection, account_id)
    options = plan_options(
        balance_minor=offer.case.balance_minor,
        currency=offer.case.currency,
        terms=offer.terms,
        today=offer.today,
        closed_days=offer.closed,
        first_due_on=first_due_on,
    )
    if as_json:
        write_json(
            {"account_id": account_id, "currency": offer.case.currency, "options": [_option(o) for o in options]}
        )
        return 0
    if not options:
        say(f"account {account_id} owes {offer.case.owed}: too little to divide, or no plan begins on that day")
        return 0
    currency = offer.case.currency
    rows = [
        (
            str(each.count),
            in_words(each.down_payment_minor, currency) if each.down_payment_minor else "",
            in_words(each.largest_minor, currency),
            in_words(each.total_minor, currency),
            f"{each.first_due_on} to {each.instalments[-1].due_on}",
        )
        for each in options
    ]
    columns = ("instalments", "down payment", "each at most", "in all", "days")
    screen().print(table(f"Plans on offer for {account_id}, which owes {offer.case.owed}", columns, rows))
    return 0


def accept_plan(new: NewPlan, *, as_json: bool) -> int:
    """Ask the case to take the plan; the same command again is safe."""
    with session() as opened:
        with reading(opened.engine) as connection:
            offer = _offer(opened, connection, new.account_id)
        currency = offer.case.currency
        first = new.first_due_on or _first_day(offer, new.instalments)
        down = parse_money(new.down_payment, currency).amount_minor if new.down_payment else 0
        wanted = new.plan_id or f"console:{new.account_id}:{new.instalments}:{first}"
        request = PlanRequest(
            plan_id=wanted,
            instalments=new.instalments,
            first_due_on=first,
            down_payment_minor=down,
            closed_days=tuple(on for on in offer.closed if on >= first),
        )
        made = ask_case(opened, new.account_id, CollectionWorkflow.accept_plan, request, update_id=f"plan:{wanted}")
    if as_json:
        write_json({"account_id": new.account_id, "case_id": offer.case.case_id, "plan": plain(made)})
        return 0
    rows = [(str(each.due_on), in_words(each.amount_minor, currency)) for each in made.instalments]
    title = f"Plan {made.plan_id} of {new.account_id} is accepted; its terms go out in writing"
    screen().print(table(title, ("due", "amount"), rows))
    return 0


def show_agreements(kind: str, account_id: str | None, *, as_json: bool) -> int:
    """Promises or plans, the newest first, with how each was judged."""
    with session() as opened, reading(opened.engine) as connection:
        found = list_agreements(connection, kind, account_id)
    if as_json:
        write_json([plain(each) | {"amount_minor": each.amount_minor} for each in found])
        return 0
    rows = [_row(each) for each in found]
    columns = ("account", "id", "agreed", "amount", "due", "judged")
    screen().print(table(f"{kind.capitalize()}s on record: {len(found)}", columns, rows))
    return 0


def _row(each: AgreementRecord) -> tuple[str, ...]:
    days = [payment.due_on for payment in each.payments]
    due = str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]} ({len(days)})"
    came = f", {in_words(each.received_minor, each.currency)} came" if each.judged_at else ""
    return (
        each.account_id,
        each.agreed_as.partition(":")[2],
        wall_time(each.agreed_at)[:10],
        in_words(each.amount_minor, each.currency),
        due,
        f"{each.judgement.value.replace('_', ' ')}{came}",
    )


def _option(option: PlanOption) -> object:
    return plain(option) | {"first_due_on": option.first_due_on.isoformat(), "total_minor": option.total_minor}


def _open_case(connection: Connection, account_id: str) -> CaseRecord:
    case = find_case(connection, account_id)
    if case.closed_at is not None:
        raise IllegalTransition(f"case {case.case_id} is closed: {case.close_reason}")
    return case


def _offer(opened: Session, connection: Connection, account_id: str) -> _Offer:
    """With the holidays of the years that any plan may reach."""
    case, rules = _open_case(connection, account_id), load_rules(opened.settings)
    terms = planner_of(opened, rules).version(case.strategy, case.strategy_version).terms_in(case.currency)
    jurisdiction = find_jurisdiction(connection, case.person_id)
    today = local_date(datetime.now(UTC), case.zone)
    last = months_after(today, LONGEST_PLAN_MONTHS)
    closed = closed_days(jurisdiction, rules.profiles.get(jurisdiction), today, last)
    return _Offer(case=case, terms=terms, today=today, closed=closed)


def _first_day(offer: _Offer, count: int) -> date:
    """The day on which a plan of so many instalments begins when nobody names one; refused plans say why."""
    known = plan_options(
        balance_minor=offer.case.balance_minor,
        currency=offer.case.currency,
        terms=offer.terms,
        today=offer.today,
        closed_days=offer.closed,
    )
    for option in known:
        if option.count == count:
            return option.first_due_on
    draw_up(
        balance_minor=offer.case.balance_minor,
        currency=offer.case.currency,
        terms=offer.terms,
        today=offer.today,
        count=count,
        first_due_on=offer.today + timedelta(days=7),
        closed_days=offer.closed,
    )
    raise IllegalTransition(f"account {offer.case.account_id}: no plan of {count} instalments is on offer")
