"""The command lines of `case` and `replay`: looking into cases. What they do stands in modules named after them.

They are imported when their command runs, as in `starter.py`.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.case_states import DpdBucket, WorkflowState
from console.command_line import Json, example
from domain.errors import InvalidInput
from domain.vocabulary import Stage, TaskKind

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

case = typer.Typer(help="See cases: lists, one with its timeline, its workflow's history.")

CaseOrAccount = Annotated[str, typer.Argument(metavar="ACCOUNT", help="An account's id, or a case's.")]


@case.command("list", epilog=example("case list --stage follow_up --currency USD --owed-from 100 --held"))
def case_list(
    *,
    stage: Annotated[Stage | None, typer.Option(help="Only cases of this stage.")] = None,
    campaign_id: Annotated[str | None, typer.Option("--campaign", help="Only cases of this campaign.")] = None,
    strategy: Annotated[str | None, typer.Option(help="Only cases of this strategy.")] = None,
    jurisdiction: Annotated[str | None, typer.Option(help="Only cases under this law, such as US.")] = None,
    account: Annotated[str | None, typer.Option(metavar="ID", help="Only cases of this account.")] = None,
    person: Annotated[str | None, typer.Option(metavar="ID", help="Only cases of this person.")] = None,
    is_open: Annotated[bool | None, typer.Option("--open/--closed", help="Only those; both if not given.")] = None,
    currency: Annotated[str | None, typer.Option(help="Only this currency, such as USD.")] = None,
    owed_from: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="Owing so much or more, in major units; with --currency.")
    ] = None,
    owed_to: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="Owing so much or less, in major units; with --currency.")
    ] = None,
    next_before: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="What is next is due before: with a zone, a day, or now.")
    ] = None,
    next_from: Annotated[str | None, typer.Option(metavar="INSTANT", help="What is next is due from then on.")] = None,
    opened_from: Annotated[str | None, typer.Option(metavar="INSTANT", help="Opened from then on.")] = None,
    held: Annotated[bool | None, typer.Option("--held/--not-held", help="Under a hold at this moment, or not.")] = None,
    waiting: Annotated[
        bool | None, typer.Option("--waiting/--not-waiting", help="Waiting for a person (task list), or not.")
    ] = None,
    task: Annotated[TaskKind | None, typer.Option(help="Waiting for a person with a task of this kind.")] = None,
    bucket: Annotated[
        DpdBucket | None, typer.Option(help="Days past due at its start or last change of stage; asks Temporal.")
    ] = None,
    workflow: Annotated[
        WorkflowState | None,
        typer.Option(help="By what its workflow does, asking Temporal; stuck: its code fails; lost: nothing runs."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many on a page.")] = 50,
    page: Annotated[int, typer.Option(min=1, help="Which page.")] = 1,
    as_json: Json = False,
) -> int:
    """List cases, the next one due first, with what is next and why. Every option given must hold.

    Closed cases stand last; with --bucket or --workflow only cases whose workflow is like that.
    """
    from casedb.case_filters import CaseFilter
    from console.case_list import Wanted, show_cases

    cases = CaseFilter(
        account_id=account,
        person_id=person,
        campaign_id=campaign_id,
        strategy=strategy,
        jurisdiction=jurisdiction,
        stage=stage,
        is_open=is_open,
        currency=_currency(currency),
        owes_at_least=_minor(owed_from, currency, "--owed-from"),
        owes_at_most=_minor(owed_to, currency, "--owed-to"),
        next_before=_instant(next_before, "--next-before"),
        next_from=_instant(next_from, "--next-from"),
        opened_from=_instant(opened_from, "--opened-from"),
        held=held,
        waits_for_a_person=waiting,
        task=task,
        now=datetime.now(UTC),
    )
    wanted = Wanted(cases=cases, workflow=workflow, bucket=bucket, limit=limit, page=page)
    return show_cases(wanted, as_json=as_json)


def _currency(code: str | None) -> str | None:
    from domain.money import parse_money

    return parse_money("0", code).currency if code is not None else None


def _minor(amount: str | None, currency: str | None, option: str) -> int | None:
    from domain.money import parse_money

    if amount is None:
        return None
    if currency is None:
        raise InvalidInput(f"{option} needs --currency: amounts of two currencies do not compare")
    return parse_money(amount, currency).amount_minor


def _instant(text: str | None, option: str) -> datetime | None:
    from console.instants import read_instant

    return read_instant(text, option) if text is not None else None


@case.command("show", epilog=example("case show LW-0001"))
def case_show(wanted: CaseOrAccount, as_json: Json = False) -> int:
    """Show a case: its timeline, what is next, and why nothing is sent now."""
    from console.case_show import show_case

    return show_case(wanted, as_json=as_json)


@case.command("history", epilog=example("case history LW-0001 --export LW-0001.json"))
def case_history(
    *,
    wanted: CaseOrAccount,
    run: Annotated[str | None, typer.Option(metavar="ID", help="An earlier run; the latest when not given.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Every event as JSON, with decoded payloads.")] = False,
    export: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it to a file that replay takes.")] = None,
    as_json: Json = False,
) -> int:
    """Tell the history of an account's workflow as a story."""
    from console.case_history import export_history, show_history

    if export is None:
        return show_history(wanted, run, raw=raw, as_json=as_json)
    if raw:
        raise InvalidInput("--raw shows the events and --export writes them: give one of the two")
    return export_history(wanted, run, export, as_json=as_json)


def replay(
    *,
    named: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE|ACCOUNT]...", help="Files or directories of histories; accounts."),
    ] = None,
    all_running: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Up to N running workflows, spread over old and new.")
    ] = None,
    run: Annotated[str | None, typer.Option(metavar="ID", help="An earlier run of the account.")] = None,
    as_json: Json = False,
) -> int:
    """Replay histories under the code that stands here, and say what would break before a deployment does.

    Nothing is run and nothing is sent. Ends with 1 when any would break.
    """
    from console.replay import Wanted, replay_histories

    return replay_histories(Wanted(named=named or [], run_id=run, all_running=all_running), as_json=as_json)


def invariants(
    days: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="What happened within so many days; ever, if not given.")
    ] = None,
    histories: Annotated[
        int, typer.Option(metavar="N", min=0, help="How many running workflows are replayed and searched.")
    ] = 20,
    as_json: Json = False,
) -> int:
    """Ask what must never be: of everything on record, of the law, and of the histories of what runs.

    Ends with 1 when something is broken. The sweep asks the same of the last two days and raises tasks.
    """
    from console.invariants import check_invariants

    return check_invariants(days, histories, as_json=as_json)
