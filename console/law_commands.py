"""The command lines of `approvals` and `escalation`.

What they do stands in `console.approval` and `console.escalation`, which are imported when their command runs.
"""

from typing import Annotated

import typer

from console.command_line import Json, example
from domain.errors import InvalidInput
from domain.escalation import Subject
from domain.requests import Decision

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

approvals = typer.Typer(help="See what waits for people's leave, and decide about it.")
escalation = typer.Typer(help="See what stands between a case and the law, and attest what you looked at.")

Request = Annotated[str, typer.Argument(metavar="REQUEST", help="Its id, or the account's or case's: its latest.")]
By = Annotated[str, typer.Option(help="Who decides, by the id in the file of roles; never the one who asked.")]
As = Annotated[str, typer.Option("--as", metavar="ROLE", help="In which role; the first that is missing if not given.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the workflow's history, so no personal data.")]


@approvals.command("list", epilog=example("approvals list"))
def approvals_list(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those that are decided as well.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: Json = False,
) -> int:
    """List the requests that wait, the first to expire first."""
    from console.approval import show_approvals

    return show_approvals(everything=everything, limit=limit, as_json=as_json)


@approvals.command("show", epilog=example("approvals show LW-0001"))
def approvals_show(wanted: Request, as_json: Json = False) -> int:
    """Show one request: who asked, who agreed in which role, and who is still needed."""
    from console.approval import show_approval

    return show_approval(wanted, as_json=as_json)


@approvals.command("approve", epilog=example('approvals approve LW-0001 --by counsel-1 --reason "file is complete"'))
def approvals_approve(wanted: Request, *, by: By, role: As = "", reason: Reason = "", as_json: Json = False) -> int:
    """Agree in one role. Each role is another person's, and never the requester's."""
    from console.approval import decide

    return decide(wanted, Decision.GRANT, by, role, reason, as_json=as_json)


@approvals.command("refuse", epilog=example('approvals refuse LW-0001 --by owner-1 --reason "hardship"'))
def approvals_refuse(wanted: Request, *, by: By, role: As = "", reason: Reason = "", as_json: Json = False) -> int:
    """Say no. One no is enough, and a person must then decide what becomes of the case."""
    from console.approval import decide

    return decide(wanted, Decision.REFUSE, by, role, reason, as_json=as_json)


@approvals.command("renew", epilog=example("approvals renew LW-0001 --by owner-1"))
def approvals_renew(wanted: Request, *, by: By, reason: Reason = "", as_json: Json = False) -> int:
    """Put an expired or refused request again; whoever does so cannot decide about it."""
    from console.approval import decide

    return decide(wanted, Decision.RENEW, by, "", reason, as_json=as_json)


@escalation.command(
    "attest", epilog=example("escalation attest LW-0001 --contract DMS-4711 --limitation open --by owner-1")
)
def escalation_attest(
    account_id: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id, such as LW-0001.")],
    *,
    by: Annotated[str, typer.Option(help="Who looked, by the id in the file of roles.")],
    contract: Annotated[str, typer.Option(help="Where the contract lies.")] = "",
    limitation: Annotated[str, typer.Option(help="open, or barred when the time to sue is over.")] = "",
    venue: Annotated[str, typer.Option(help="The court's venue, as the law's file calls it.")] = "",
    notice: Annotated[str, typer.Option(help="A notice's key and its proof of posting, as 'KEY PROOF'.")] = "",
    as_json: Json = False,
) -> int:
    """Put on record what you looked at; the latest word of each kind counts, and the case looks again at once."""
    from console.escalation import attest_account

    told = {
        Subject.CONTRACT: contract,
        Subject.LIMITATION: limitation,
        Subject.VENUE: venue,
        Subject.NOTICE: notice,
    }
    given = {subject: says.strip() for subject, says in told.items() if says.strip()}
    if not given:
        raise InvalidInput("escalation attest needs one of --contract, --limitation, --venue and --notice")
    return attest_account(account_id, given, by, as_json=as_json)


@escalation.command("show", epilog=example("escalation show LW-0001"))
def escalation_show(
    wanted: Annotated[str, typer.Argument(metavar="ACCOUNT", help="An account's id, or a case's.")],
    as_json: Json = False,
) -> int:
    """Show what was attested, and every step to the outside world with what became of it."""
    from console.escalation import show_escalation

    return show_escalation(wanted, as_json=as_json)
