"""`case list`: which cases there are and what is next for each."""

import asyncio
from dataclasses import dataclass

from casedb.campaign_totals import require_campaign
from casedb.case_filters import CaseFilter
from casedb.engine import reading
from casedb.switches import active
from casedb.timeline import CaseRecord, list_cases
from console.case_states import DpdBucket, WorkflowState
from console.output import plain, say, screen, table, wall_time, write_json
from console.session import Session, session, temporal
from domain.switches import Switch, affecting


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases, and which page of them."""

    cases: CaseFilter
    workflow: WorkflowState | None = None
    bucket: DpdBucket | None = None
    limit: int = 50
    page: int = 1

    @property
    def offset(self) -> int:
        """How many come before the page."""
        return (self.page - 1) * self.limit


def show_cases(wanted: Wanted, *, as_json: bool) -> int:
    """The cases wanted next first; closed ones last."""
    with session() as opened:
        with reading(opened.engine) as connection:
            if wanted.cases.campaign_id is not None:
                require_campaign(connection, wanted.cases.campaign_id)
            switches = active(connection)
        cases, total = _found(opened, wanted)
    if as_json:
        listed = [record_as_json(case) | {"stopped_by": plain(_stopping(case, switches))} for case in cases]
        write_json({"total": total, "page": wanted.page, "limit": wanted.limit, "cases": listed})
        return 0
    if not cases:
        say(_none(wanted))
        return 0
    columns = ("case", "stage", "owed", "due", "next", "what and why")
    rows = [_row(case, _stopping(case, switches)) for case in cases]
    screen().print(table("Cases (times in each account's zone)", columns, rows, right=("owed",)))
    for switch in sorted({switch.says for case in cases for switch in _stopping(case, switches)}):
        say(switch)
    last = wanted.offset + len(cases)
    if total is None or total > last or wanted.page > 1:
        more = "" if total is not None and last >= total else f"; --page {wanted.page + 1} goes on"
        say(f"{wanted.offset + 1:,} to {last:,} of {'many' if total is None else f'{total:,}'} cases{more}")
    return 0


def _found(opened: Session, wanted: Wanted) -> tuple[list[CaseRecord], int | None]:
    """Without a question that only Temporal can answer, no server is needed."""
    if wanted.workflow is None and wanted.bucket is None:
        with reading(opened.engine) as connection:
            return list_cases(connection, wanted.cases, limit=wanted.limit, offset=wanted.offset)
    return asyncio.run(_by_workflow(opened, wanted))


async def _by_workflow(opened: Session, wanted: Wanted) -> tuple[list[CaseRecord], int | None]:
    from console.case_workflows import Workflows  # noqa: PLC0415 - the SDK is heavy, and most lists do without

    workflows = Workflows(
        client=await temporal(opened.settings),
        task_queue=opened.settings.task_queue,
        state=wanted.workflow or WorkflowState.RUNNING,
        bucket=wanted.bucket,
    )
    return await workflows.cases(opened.engine, wanted.cases, limit=wanted.limit, offset=wanted.offset)


def _none(wanted: Wanted) -> str:
    if wanted.page > 1:
        return f"no case stands on page {wanted.page}"
    if wanted.cases.is_empty and wanted.workflow is None and wanted.bucket is None:
        return "no case here: python starter.py campaign start or trigger opens some"
    return "no case is like that"


def record_as_json(case: CaseRecord) -> dict[str, object]:
    """The record's fields, with what is owed also in words."""
    fields: dict[str, object] = plain(case)
    return fields | {"owed": case.owed}


def _stopping(case: CaseRecord, switches: tuple[Switch, ...]) -> tuple[Switch, ...]:
    if case.closed_at is not None:
        return ()
    return affecting(switches, campaign_id=case.campaign_id, strategy=case.strategy)


def _row(case: CaseRecord, stopping: tuple[Switch, ...]) -> tuple[str, ...]:
    due = case.due_on.isoformat() if case.due_on else ""
    if case.closed_at is not None:
        closed = wall_time(case.closed_at, case.zone)
        return case.case_id, case.stage.value, case.owed, due, closed, case.close_reason or ""
    off = f"stopped ({', '.join(switch.name for switch in stopping)}); " if stopping else ""
    why = f"{off}{case.next_action}: {case.next_why}"
    return case.case_id, case.stage.value, case.owed, due, wall_time(case.next_at, case.zone), why
