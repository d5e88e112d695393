"""`approvals`: what waits for people's leave, and a person's word about it, as an update that the case may refuse."""

import asyncio
from datetime import UTC, datetime

from temporalio.client import WorkflowUpdateFailedError

from casedb.approvals import ApprovalRecord, find_approval, list_approvals
from casedb.engine import reading
from casedb.timeline import find_case, latest_approval
from config.roles import load_roles
from console.output import pairs, plain, say, screen, table, wall_time, write_json
from console.relief import decide_relief
from console.session import Session, answered, session, temporal
from domain.authority import Authority
from domain.errors import IllegalTransition, InvalidInput, NotKnown
from domain.money import in_words
from domain.requests import ApprovalDecision, Decision
from domain.vocabulary import Clock
from workflows.collection import CollectionWorkflow
from workflows.messages import collection_workflow_id


def show_approvals(*, everything: bool, limit: int, as_json: bool) -> int:
    """The requests that wait, the first to expire first."""
    with session() as opened, reading(opened.engine) as connection:
        found = list_approvals(connection, datetime.now(UTC), everything=everything, limit=limit)
    if as_json:
        write_json({"approvals": [_as_json(record) for record in found]})
        return 0
    if not found:
        say("no request waits for anybody's leave")
        return 0
    columns = ("request", "account", "about", "amount", "expires (UTC)", "status", "still needed")
    screen().print(table("Approvals", columns, map(_row, found), right=("amount",)))
    return 0


def show_approval(wanted: str, *, as_json: bool) -> int:
    """One request with every word about it."""
    with session() as opened:
        record = _find(opened, wanted)
    if as_json:
        write_json(_as_json(record))
        return 0
    rows = [
        ("account", f"{record.account_id}, case {record.case_id}"),
        ("amount", in_words(record.amount_minor, record.currency)),
        ("asked", f"by {record.requested_by}, {wall_time(record.requested_at)} UTC"),
        ("expires", f"{wall_time(record.expires_at)} UTC"),
        ("status", record.status),
    ]
    for vote in record.votes:
        rows.append((vote.role, f"{vote.by}, {wall_time(vote.at)} UTC: {vote.comment or 'no reason given'}"))
    rows += [(role, "nobody yet") for role in record.missing]
    if record.decided_by is not None:
        rows.append(("decided", f"by {record.decided_by}: {record.comment or 'no reason given'}"))
    screen().print(pairs(f"{record.about}: {record.approval_id}", rows))
    return 0


def decide(wanted: str, decision: Decision, by: str, role: str, reason: str, *, as_json: bool) -> int:
    """Send the decision to the case. Raises IllegalTransition with the case's own sentence when it refuses."""
    if decision is not Decision.RENEW and not reason.strip():
        raise InvalidInput("say why with --reason; it stands in the workflow's history, so no personal data")
    with session() as opened:
        record = _find(opened, wanted)
        if record.of_relief:
            return _decide_relief(opened, record, decision, by, reason, as_json=as_json)
        spoken = _role(record, decision, by, role, load_roles(opened.settings.roles_file))
        request = ApprovalDecision(
            approval_id=record.approval_id, decision=decision, by=by, role=spoken, comment=reason
        )
        kind = asyncio.run(_send(opened, record.account_id, request))
    left = [each for each in record.missing if each != spoken] if decision is Decision.GRANT else []
    if as_json:
        answer = {"case_id": record.case_id, "approval_id": record.approval_id, "decision": kind, "by": by}
        write_json(answer | {"role": spoken, "still_needed": left})
        return 0
    say(f"{record.approval_id}: {kind} by {by}" + (f" as {spoken}" if spoken else ""))
    if left:
        say(f"still needed, each by another person: {', '.join(left)}")
    say(f"see what is next: python starter.py case show {record.account_id}")
    return 0


def _decide_relief(
    opened: Session, record: ApprovalRecord, decision: Decision, by: str, reason: str, *, as_json: bool
) -> int:
    """Above one person's limit, another within whose limit it is decides; no role is named."""
    if decision is Decision.RENEW:
        raise InvalidInput(f"relief {record.approval_id} cannot be renewed: propose it again")
    approve, now = decision is Decision.GRANT, datetime.now(UTC)
    decided, told = decide_relief(opened, record.approval_id, by, reason, approve=approve, now=now)
    if as_json:
        answer = {"case_id": record.case_id, "approval_id": record.approval_id, "decision": decision.value, "by": by}
        write_json(answer | {"status": decided.status.value, "cases_told": list(told)})
        return 0
    say(f"{record.about} {record.approval_id}: {decision.value} by {by}; it is {decided.status.value} now")
    return 0


def _role(record: ApprovalRecord, decision: Decision, by: str, role: str, authority: Authority) -> str:
    """The role in which the person speaks; any of ours may renew, and a request of one person needs none.

    Raises InvalidInput when it is not the person's. Whoever goes past this command is found out before a step is
    taken: the worker asks the same file.
    """
    if not record.roles or decision is Decision.RENEW:
        return ""
    at = _now(record)
    held = [
        each for each in record.roles if authority.standing_as(by, each, at, but_not_of=record.requested_by) is not None
    ]
    open_to = [each for each in held if each in record.missing] if decision is Decision.GRANT else held
    if role:
        if role not in held:
            raise InvalidInput(f"{by} cannot speak as {role}: the file of roles gives {', '.join(held) or 'none'}")
        return role
    if not open_to:
        needed = ", ".join(record.missing or record.roles)
        raise InvalidInput(f"{by} has none of the roles that {record.approval_id} needs: {needed}")
    return open_to[0]


def _now(record: ApprovalRecord) -> datetime:
    """Of the wall, or for a rehearsal the instant of the request."""
    return record.requested_at if record.clock is Clock.VIRTUAL else datetime.now(UTC)


def _find(opened: Session, wanted: str) -> ApprovalRecord:
    """The request of that id, or the latest one of that account or case. Raises NotKnown."""
    with reading(opened.engine) as connection:
        found = find_approval(connection, wanted, datetime.now(UTC))
        if found is not None:
            return found
        case = find_case(connection, wanted)
        approval_id = latest_approval(connection, case.case_id)
        found = find_approval(connection, approval_id, datetime.now(UTC)) if approval_id is not None else None
    if found is None:
        raise NotKnown(f"case {case.case_id} has not asked for an approval: there is nothing to decide")
    return found


def _row(record: ApprovalRecord) -> tuple[str, ...]:
    waiting = ", ".join(record.missing) or ("one person" if record.decided_by is None else "")
    amount = in_words(record.amount_minor, record.currency)
    expires = wall_time(record.expires_at)
    return record.approval_id, record.account_id, record.about, amount, expires, record.status, waiting


def _as_json(record: ApprovalRecord) -> dict[str, object]:
    told: dict[str, object] = plain(record)
    return told | {"still_needed": list(record.missing)}


async def _send(opened: Session, account_id: str, request: ApprovalDecision) -> str:
    client = await temporal(opened.settings)
    workflow_id = collection_workflow_id(account_id)
    handle = client.get_workflow_handle_for(CollectionWorkflow.run, workflow_id)
    try:
        fact = await answered(handle.execute_update(CollectionWorkflow.decide_approval, request), workflow_id)
    except WorkflowUpdateFailedError as refusal:
        said = str(refusal.cause).removeprefix("IllegalTransition: ")
        raise IllegalTransition(f"{request.approval_id} was not decided: {said}") from None
    return fact.kind
