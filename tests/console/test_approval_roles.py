"""Who may answer a request for leave: by the file of roles, own or delegated, and never in another's name."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from casedb import schema
from casedb.engine import writing
from tests.casedb.debts import add_case
from tests.casedb.people import add_account, add_person
from tests.console.conftest import Ran, Run

NO_SERVER = "127.0.0.1:1"
"""The refusal of a decision that only lacks a server to be sent to."""
FILE = """
people:
  owner-1: [case_owner]
  counsel-1: [legal_counsel]
  deputy-1: [agent]
  deputy-2: [agent]
delegations:
  - {{from: counsel-1, to: deputy-1, role: legal_counsel, starts: "{yesterday}", ends: "{tomorrow}"}}
  - {{from: counsel-1, to: deputy-2, role: legal_counsel, starts: "{last_week}", ends: "{yesterday}"}}
"""


@pytest.fixture
def asked(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A request to two roles, to which the owner has agreed, with a file of roles that delegates."""
    now = datetime.now(UTC)
    days = {name: (now + timedelta(days=n)).isoformat() for name, n in (("yesterday", -1), ("tomorrow", 1))}
    path = tmp_path / "roles.yaml"
    path.write_text(FILE.format(last_week=(now - timedelta(days=7)).isoformat(), **days))
    monkeypatch.setenv("AMICABLE_ROLES_FILE", str(path))
    with writing(sqlite_engine) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1")
        add_case(connection, person_id="P-1")
        request = {"approval_id": "A-1-1/approval-1", "case_id": "A-1-1", "requested_by": "amicable"}
        roles = ["case_owner", "legal_counsel"]
        times = {"requested_at": now, "expires_at": now + timedelta(days=30)}
        connection.execute(
            insert(schema.approval),
            request | times | {"status": "requested", "balance_minor": 1, "roles": roles, "ledger_version": 1},
        )
        vote = {"approval_id": "A-1-1/approval-1", "role": "case_owner", "voter": "owner-1", "at": now}
        connection.execute(insert(schema.approval_vote), vote)
    return sqlite_engine


def approve(run: Run, *given: str) -> str:
    ran: Ran = run("approvals", "approve", "A-1", "--reason", "seen", *given)
    assert (ran.code, ran.err.count("\n")) == (2, 1), ran
    return ran.err


@pytest.mark.parametrize("given", [("--by", "counsel-1"), ("--by", "deputy-1"), ("--by", " DEPUTY-1")])
def test_the_role_or_its_delegate_may_answer(run: Run, asked: Engine, given: tuple[str, ...]) -> None:
    assert NO_SERVER in approve(run, *given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("--by", "deputy-2"), "deputy-2 has none of the roles that A-1-1/approval-1 needs: legal_counsel"),
        (("--by", "owner-1"), "owner-1 has none of the roles"),
        (("--by", "nobody"), "nobody has none of the roles"),
        (
            ("--by", "owner-1", "--as", "legal_counsel"),
            "cannot speak as legal_counsel: the file of roles gives case_",
        ),
    ],
)
def test_who_has_not_the_role_now_or_spoke_already_is_refused_in_a_line(
    run: Run, asked: Engine, given: tuple[str, ...], says: str
) -> None:
    assert says in approve(run, *given)
