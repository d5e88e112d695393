"""`escalation attest` and `escalation show`: what people looked at before law, and the steps that stand outside."""

import asyncio
from datetime import UTC, datetime

from activities.counsel import LIMITATION_BARRED, LIMITATION_OPEN
from casedb import outside
from casedb.attestations import Attested, attest, attested
from casedb.engine import reading, writing
from casedb.ledger import Standing, find_account
from casedb.timeline import find_case
from config.roles import load_roles
from console.output import plain, say, screen, table, wall_time, write_json
from console.session import Session, answered, session, temporal
from domain.authority import StaffRole
from domain.errors import AmicableError, InvalidInput, NotKnown
from domain.escalation import Subject
from domain.events import LedgerChanged
from workflows.collection import CollectionWorkflow
from workflows.messages import collection_workflow_id

MAY_ATTEST = frozenset({StaffRole.CASE_OWNER, StaffRole.LEGAL_COUNSEL, StaffRole.COMPLIANCE})
_LONGEST = 200


def attest_account(account_id: str, told: dict[Subject, str], by: str, *, as_json: bool) -> int:
    """Put each word on record and let the case look again."""
    limitation = told.get(Subject.LIMITATION, LIMITATION_OPEN)
    if limitation not in (LIMITATION_OPEN, LIMITATION_BARRED):
        raise InvalidInput(f"--limitation must be {LIMITATION_OPEN} or {LIMITATION_BARRED}, not {limitation!r}")
    if any(len(says) > _LONGEST for says in told.values()):
        raise InvalidInput(f"say it in {_LONGEST} characters or fewer, without personal data")
    now = datetime.now(UTC)
    with session() as opened:
        if not load_roles(opened.settings.roles_file).roles_of(by, now) & MAY_ATTEST:
            needed = ", ".join(sorted(MAY_ATTEST))
            raise InvalidInput(f"{by} cannot attest: the file of roles gives none of {needed}")
        with writing(opened.engine) as connection:
            standing = find_account(connection, account_id)
            if standing is None:
                raise NotKnown(f"account {account_id} is not in the case database: import its book first")
            for subject, says in told.items():
                attest(connection, Attested(account_id=account_id, subject=subject, says=says, by=by, at=now))
        heard = asyncio.run(_wake(opened, standing, now))
    if as_json:
        write_json({"account_id": account_id, "attested": {subject.value: says for subject, says in told.items()}})
        return 0
    say(f"{account_id}: {', '.join(subject.value for subject in told)} on record, by {by}; {heard}")
    return 0


async def _wake(opened: Session, standing: Standing, now: datetime) -> str:
    """A fact that changes nothing lets the case look again; one that hears nothing looks at its next review."""
    fact = LedgerChanged(
        event_id=f"attested:{standing.account_id}:{now.isoformat()}",
        at=now,
        balance_minor=standing.balance_minor,
        ledger_version=standing.version,
    )
    workflow_id = collection_workflow_id(standing.account_id)
    try:
        client = await temporal(opened.settings)
        handle = client.get_workflow_handle_for(CollectionWorkflow.run, workflow_id)
        await answered(handle.signal(CollectionWorkflow.fact, fact), workflow_id)
    except AmicableError:
        return "its case was not reached and looks again at its next review"
    return "its case looks again now"


def show_escalation(wanted: str, *, as_json: bool) -> int:
    """What is on record of an account's way to law."""
    with session() as opened, reading(opened.engine) as connection:
        case = find_case(connection, wanted)
        words = attested(connection, case.account_id)
        steps = outside.of_case(connection, case.case_id)
    if as_json:
        write_json({"case_id": case.case_id, "attested": plain(words), "outside": plain(steps)})
        return 0
    out = screen()
    rows = ((wall_time(word.at), word.subject.value, word.says, word.by) for word in words)
    out.print(table(f"Attested about {case.account_id}", ("when (UTC)", "what", "says", "by"), rows))
    out.print()
    columns = ("step", "kind", "taken (UTC)", "reference", "what became of it")
    found = ((s.step_id, s.kind.value, wall_time(s.taken_at), s.reference, _became(s)) for s in steps)
    out.print(table(f"Steps of {case.case_id}", columns, found))
    return 0


def _became(step: outside.OutsideRecord) -> str:
    if step.undone_at is None:
        return f"stands; {step.why}"
    return f"taken back {wall_time(step.undone_at)} UTC: {step.undone_why}"
