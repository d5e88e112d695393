"""`case list`: which cases there are and what is next for each."""

from casedb.campaign_totals import require_campaign
from casedb.engine import reading
from casedb.switches import active
from casedb.timeline import CaseRecord, list_cases
from console.output import plain, say, screen, table, wall_time, write_json
from console.session import session
from domain.switches import Switch, affecting
from domain.vocabulary import Stage


def show_cases(stage: Stage | None, campaign_id: str | None, limit: int, *, as_json: bool) -> int:
    """The cases wanted next first; closed ones last."""
    with session() as opened, reading(opened.engine) as connection:
        if campaign_id is not None:
            require_campaign(connection, campaign_id)
        cases, total = list_cases(connection, stage=stage, campaign_id=campaign_id, limit=limit)
        switches = active(connection)
    if as_json:
        listed = [record_as_json(case) | {"stopped_by": plain(_stopping(case, switches))} for case in cases]
        write_json({"total": total, "cases": listed})
        return 0
    if not cases:
        say("no case here: python starter.py campaign start or trigger opens some")
        return 0
    columns = ("case", "stage", "owed", "due", "next", "what and why")
    rows = [_row(case, _stopping(case, switches)) for case in cases]
    screen().print(table("Cases (times in each account's zone)", columns, rows, right=("owed",)))
    for switch in sorted({switch.says for case in cases for switch in _stopping(case, switches)}):
        say(switch)
    if total > len(cases):
        say(f"{len(cases):,} of {total:,} cases: --limit {total} shows all")
    return 0


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
