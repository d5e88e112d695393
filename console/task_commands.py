"""The command lines of `task`. What they do stands in `console.task`.

It is imported when its command runs, as in `starter.py`.
"""

from datetime import timedelta
from typing import Annotated

import typer

from console.command_line import Json, example
from domain.errors import InvalidInput
from domain.vocabulary import TaskKind

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

task = typer.Typer(help="See what waits for a person, and say what was done about it.")

TaskId = Annotated[int, typer.Argument(metavar="TASK", help="Its number, as task list shows it.")]
By = Annotated[str, typer.Option(help="Who did it, for the record.")]
Note = Annotated[str, typer.Option(help="A line for the record; no personal data.")]


@task.command("list", epilog=example("task list --owner care --overdue"))
def task_list(
    *,
    owner: Annotated[str | None, typer.Option(help="Only tasks of this owner: a team or a person.")] = None,
    kind: Annotated[TaskKind | None, typer.Option(help="Only tasks of this kind.")] = None,
    account: Annotated[str | None, typer.Option(metavar="ID", help="Only tasks about this account.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only tasks whose day has passed.")] = False,
    older_than: Annotated[
        int | None, typer.Option(metavar="DAYS", min=0, help="Only tasks that wait for longer.")
    ] = None,
    done: Annotated[bool, typer.Option("--all", help="Those that are done as well.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many on a page.")] = 50,
    page: Annotated[int, typer.Option(min=1, help="Which page.")] = 1,
    as_json: Json = False,
) -> int:
    """List everything that waits for a person, the oldest first, with owner, age and what ends each."""
    from console.task import Wanted, show_tasks

    wanted = Wanted(
        owner=owner,
        kind=kind,
        account_id=account,
        overdue=overdue,
        older_than=timedelta(days=older_than) if older_than is not None else None,
        done=done,
        limit=limit,
        page=page,
    )
    return show_tasks(wanted, as_json=as_json)


@task.command("assign", epilog=example("task assign 7 lin --by dana"))
def task_assign(
    task_id: TaskId,
    owner: Annotated[str, typer.Argument(metavar="OWNER", help="A team, or the id under which a person works.")],
    *,
    by: By,
    note: Note = "",
    as_json: Json = False,
) -> int:
    """Give a task to somebody, or take it over yourself."""
    from console.task import assign_task

    return assign_task(task_id, owner, by, note, as_json=as_json)


@task.command("done", epilog=example("task done 7 --by dana"))
def task_done(task_id: TaskId, *, by: By, note: Note = "", as_json: Json = False) -> int:
    """Tick off a callback. Other tasks tick themselves off when the case no longer waits for them."""
    from console.task import finish_task

    return finish_task(task_id, by, note, as_json=as_json)


@task.command("settle", epilog=example('task settle 9 --not-sent --by dana --note "provider ticket 4711"'))
def task_settle(
    task_id: TaskId,
    *,
    sent: Annotated[bool, typer.Option("--sent", help="The message went out.")] = False,
    not_sent: Annotated[bool, typer.Option("--not-sent", help="It surely did not; it goes out again.")] = False,
    by: By,
    note: Note = "",
    as_json: Json = False,
) -> int:
    """Settle what no provider could tell: whether a message went out. Its case plans again at once."""
    from console.task import Finding, settle_task

    if sent is not_sent:
        raise InvalidInput("task settle needs exactly one of --sent and --not-sent")
    return settle_task(Finding(task_id=task_id, by=by, note=note, went_out=sent), as_json=as_json)
