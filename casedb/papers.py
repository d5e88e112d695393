"""Papers: which files were made for a case, by their hash."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from casedb.schema import paper
from domain.vocabulary import PaperKind

_ONCE = {
    name: dialect.insert(paper).on_conflict_do_nothing(index_elements=["paper_id"])
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPaper:
    """A file that was just made."""

    paper_id: str
    case_id: str
    kind: PaperKind
    file_name: str
    sha256: str
    made_at: datetime
    made_by: str


def record_paper(connection: Connection, new: NewPaper) -> bool:
    """Put a paper on record; False when one stands under its id already, which stays as it is."""
    values: dict[str, Any] = {
        "paper_id": new.paper_id,
        "case_id": new.case_id,
        "kind": new.kind.value,
        "file_name": new.file_name,
        "sha256": new.sha256,
        "made_at": new.made_at,
        "made_by": new.made_by,
        "withdrawn_at": None,
    }
    return bool(connection.execute(_ONCE[connection.dialect.name], values).rowcount)


def find_paper(connection: Connection, paper_id: str) -> Any | None:
    """The row of that id, or None."""
    return connection.execute(select(paper).where(paper.c.paper_id == paper_id)).first()


def find_by_hash(connection: Connection, sha256: str) -> Any | None:
    """The row of a file by the hash of all its bytes, or None."""
    return connection.execute(select(paper).where(paper.c.sha256 == sha256).order_by(paper.c.made_at)).first()


def withdraw_paper(connection: Connection, paper_id: str, at: datetime) -> None:
    """It is no longer pursued; the first time counts."""
    mine = (paper.c.paper_id == paper_id) & paper.c.withdrawn_at.is_(None)
    connection.execute(update(paper).where(mine).values(withdrawn_at=at))
