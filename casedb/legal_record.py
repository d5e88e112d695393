"""What went to law as plain rows, for whoever judges it without our rules: steps, leaves, ledger, holds and papers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select

from casedb import schema
from casedb.engine import reading

_account, _hold = schema.account, schema.hold


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalRecord:
    """Everything at one moment, each row as it stands."""

    steps: tuple[Any, ...]
    approvals: dict[str, Any]
    """By their id."""
    votes: dict[str, tuple[Any, ...]]
    """By the id of the approval."""
    entries: dict[str, tuple[Any, ...]]
    """Of the ledger, by account."""
    holds: dict[str, tuple[Any, ...]]
    """By each account that they are on; those on a single amount are left out."""
    papers: tuple[Any, ...]
    accounts_of_cases: dict[str, str]

    def owed_at(self, account_id: str, before: datetime | None = None) -> int:
        """What the entries of the ledger come to, all or those before an instant."""
        return sum(
            int(row.amount_minor) for row in self.entries.get(account_id, ()) if before is None or row.at < before
        )


def read_legal_record(engine: Engine) -> LegalRecord:
    """The whole database: for a rehearsal, and for a check now and then."""
    on_account = (
        select(_account.c.account_id, _hold)
        .join(_hold, _hold.c.person_id == _account.c.person_id)
        .where(
            (_hold.c.account_id.is_(None)) | (_hold.c.account_id == _account.c.account_id),
            _hold.c.obligation_due_on.is_(None),
        )
    )
    with reading(engine) as connection:
        return LegalRecord(
            steps=tuple(connection.execute(select(schema.outside_step).order_by(schema.outside_step.c.taken_at))),
            approvals={row.approval_id: row for row in connection.execute(select(schema.approval))},
            votes=_grouped(connection.execute(select(schema.approval_vote)), "approval_id"),
            entries=_grouped(connection.execute(select(schema.ledger_entry)), "account_id"),
            holds=_grouped(connection.execute(on_account), "account_id"),
            papers=tuple(connection.execute(select(schema.paper))),
            accounts_of_cases={
                row.case_id: row.account_id
                for row in connection.execute(select(schema.case.c.case_id, schema.case.c.account_id))
            },
        )


def _grouped(rows: Any, name: str) -> dict[str, tuple[Any, ...]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(getattr(row, name), []).append(row)
    return {key: tuple(group) for key, group in found.items()}
