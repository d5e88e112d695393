"""The command lines of `promise`, `plan` and `relief`.

What they do stands in `console.negotiation` and `console.relief`. A module is imported when its command runs, as in
`starter.py`.
"""

from datetime import date, datetime
from typing import Annotated

import typer

from console.command_line import Json, example
from domain.authority import ReliefKind
from domain.negotiation.relief import ReliefStatus

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

promise = typer.Typer(help="Take a borrower's promise to pay, and see how promises were kept.")
plan = typer.Typer(help="See which instalment plans are on offer, and take the one that a borrower chose.")
relief = typer.Typer(help="Grant a deferral, a waiver or a settlement, each within a person's limit.")

AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id, such as LW-0001.")]
AnyAccount = Annotated[str | None, typer.Argument(metavar="[ACCOUNT]", help="All if not given.")]
ReliefId = Annotated[str, typer.Argument(metavar="RELIEF", help="Its id, as relief list shows it.")]
By = Annotated[str, typer.Option(help="Who does it: a person of the roles file.")]
Why = Annotated[str, typer.Option(help="Why, in a line for people; no personal data.")]
_DAY = ["%Y-%m-%d"]


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None


@promise.command("make", epilog=example("promise make LW-0001 --amount 25.00 --on 2026-12-01"))
def promise_make(
    account_id: AccountId,
    *,
    amount: Annotated[str, typer.Option(help="In major units of the account's currency, as 25.00.")],
    on: Annotated[datetime, typer.Option(help="By which day of the account's calendar.", formats=_DAY)],
    promise_id: Annotated[str, typer.Option("--id", help="Under which it is made once; from the rest if empty.")] = "",
    as_json: Json = False,
) -> int:
    """Take a promise within the strategy's terms; nothing but one reminder is sent until it is judged."""
    from console.negotiation import make_promise

    return make_promise(account_id, amount, on.date(), promise_id, as_json=as_json)


@promise.command("list", epilog=example("promise list LW-0001"))
def promise_list(account_id: AnyAccount = None, as_json: Json = False) -> int:
    """List promises, the newest first: open, kept, kept in part, broken."""
    from console.negotiation import show_agreements

    return show_agreements("promise", account_id, as_json=as_json)


@plan.command("options", epilog=example("plan options LW-0001 --first 2026-12-01"))
def plan_options(
    account_id: AccountId,
    first: Annotated[datetime | None, typer.Option(help="The first day; in a week if not given.", formats=_DAY)] = None,
    as_json: Json = False,
) -> int:
    """Show every plan on offer: numbers, amounts and days, off weekends and holidays."""
    from console.negotiation import show_options

    return show_options(account_id, _day(first), as_json=as_json)


@plan.command("accept", epilog=example("plan accept LW-0001 --instalments 3 --first 2026-12-01"))
def plan_accept(
    account_id: AccountId,
    *,
    instalments: Annotated[int, typer.Option(min=1, help="How many, without a down payment.")],
    first: Annotated[datetime | None, typer.Option(help="The first day; in a week if not given.", formats=_DAY)] = None,
    down_payment: Annotated[str, typer.Option(help="Paid on the first day; the least there is if empty.")] = "",
    plan_id: Annotated[str, typer.Option("--id", help="Under which it is made once; from the rest if empty.")] = "",
    as_json: Json = False,
) -> int:
    """Take the plan that the borrower chose; its terms go out in writing, and a reminder before each day."""
    from console.negotiation import NewPlan, accept_plan

    new = NewPlan(
        account_id=account_id,
        instalments=instalments,
        first_due_on=_day(first),
        down_payment=down_payment,
        plan_id=plan_id,
    )
    return accept_plan(new, as_json=as_json)


@plan.command("list", epilog=example("plan list LW-0001"))
def plan_list(account_id: AnyAccount = None, as_json: Json = False) -> int:
    """List plans, the newest first, with how each stands."""
    from console.negotiation import show_agreements

    return show_agreements("plan", account_id, as_json=as_json)


@relief.command("propose", epilog=example("relief propose LW-0001 --kind fee_waiver --amount 5.00 --by agent-1"))
def relief_propose(
    account_id: AccountId,
    *,
    kind: Annotated[ReliefKind, typer.Option(help="What is granted.")],
    amount: Annotated[str, typer.Option(help="What is waived, or enough to settle; not for a deferral.")] = "",
    until: Annotated[
        datetime | None, typer.Option(help="When a deferral ends, or a settlement must be paid.", formats=_DAY)
    ] = None,
    by: By,
    reason: Why = "",
    as_json: Json = False,
) -> int:
    """Propose relief. Within the limit of your roles it stands at once; above it a second person must approve.

    A waiver and a deferral that stand have their effect at once; a settlement waits for the borrower (relief accept).
    """
    from console.relief import NewRelief, propose

    new = NewRelief(account_id=account_id, kind=kind, amount=amount, until=_day(until), by=by, reason=reason)
    return propose(new, as_json=as_json)


@relief.command("accept", epilog=example("relief accept LW-0001-r1 --by agent-1"))
def relief_accept(relief_id: ReliefId, *, by: By, as_json: Json = False) -> int:
    """Record that the borrower accepted a settlement; contact stops until its day."""
    from console.relief import accept

    return accept(relief_id, by, as_json=as_json)


@relief.command("approve", epilog=example("relief approve LW-0001-r1 --by lead-1"))
def relief_approve(relief_id: ReliefId, *, by: By, why: Why = "", as_json: Json = False) -> int:
    """Say yes to relief that was above the limit of whoever proposed it; never your own."""
    from console.relief import decide

    return decide(relief_id, by, why, approve=True, as_json=as_json)


@relief.command("refuse", epilog=example('relief refuse LW-0001-r1 --by lead-1 --why "too little"'))
def relief_refuse(relief_id: ReliefId, *, by: By, why: Why = "", as_json: Json = False) -> int:
    """Say no to relief that waits for a second person."""
    from console.relief import decide

    return decide(relief_id, by, why, approve=False, as_json=as_json)


@relief.command("list", epilog=example("relief list --status proposed"))
def relief_list(
    account_id: AnyAccount = None,
    status: Annotated[ReliefStatus | None, typer.Option(help="Only those; proposed wait for a second person.")] = None,
    as_json: Json = False,
) -> int:
    """List relief, the newest first."""
    from console.relief import show_reliefs

    return show_reliefs(account_id, status, as_json=as_json)


@relief.command("show", epilog=example("relief show LW-0001-r1"))
def relief_show(relief_id: ReliefId, as_json: Json = False) -> int:
    """Show one relief with everything on record about it."""
    from console.relief import show_relief

    return show_relief(relief_id, as_json=as_json)
