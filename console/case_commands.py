"""The command lines of `case` and `replay`: looking into cases. What they do stands in modules named after them.

They are imported when their command runs, as in `starter.py`.
"""

from pathlib import Path
from typing import Annotated

import typer

from console.command_line import Json, example
from domain.errors import InvalidInput
from domain.vocabulary import Stage

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

case = typer.Typer(help="See cases: lists, one with its timeline, its workflow's history.")

CaseOrAccount = Annotated[str, typer.Argument(metavar="ACCOUNT", help="An account's id, or a case's.")]


@case.command("list", epilog=example("case list --stage follow_up --limit 20"))
def case_list(
    stage: Annotated[Stage | None, typer.Option(help="Only cases of this stage.")] = None,
    campaign_id: Annotated[str | None, typer.Option("--campaign", help="Only cases of this campaign.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: Json = False,
) -> int:
    """List cases, the next one due first, with what is next and why."""
    from console.case_list import show_cases

    return show_cases(stage, campaign_id, limit, as_json=as_json)


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
