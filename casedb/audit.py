"""Walking the chains of verdicts: is everything still there, in order, and as it was written?

One chain at a time is in memory, however many there are. What is found of a broken chain is its first broken place.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from casedb import schema
from casedb.verdicts import SEALED, seal

_case, _verdict = schema.case, schema.verdict
_CHAINS = (
    select(
        _case.c.case_id.label("chain"),
        _case.c.verdict_number.label("head_number"),
        _case.c.verdict_hash.label("head_hash"),
        _verdict,
    )
    .outerjoin(_verdict, _verdict.c.case_id == _case.c.case_id)
    .where(or_(_case.c.verdict_number != 0, _case.c.verdict_hash != "", _verdict.c.case_id.is_not(None)))
    .order_by(_case.c.case_id, _verdict.c.number)
)
_PAGE = 1000
"""Rows that the driver fetches at once."""


class Break(StrEnum):
    """What is wrong where a chain is broken."""

    CHANGED = "changed"
    MISSING = "missing"
    REORDERED = "reordered"
    ADDED = "added"
    """A row after the last one that the case knows of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenChain:
    """The first broken place of a case's chain."""

    case_id: str
    number: int
    what: Break


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What a walk saw."""

    chains: int
    verdicts: int
    broken: tuple[BrokenChain, ...]


def count_verdicts(connection: Connection, case_id: str | None = None) -> int:
    """How many rows a walk will read."""
    wanted = select(func.count()).select_from(_verdict)
    if case_id is not None:
        wanted = wanted.where(_verdict.c.case_id == case_id)
    return int(connection.execute(wanted).scalar_one())


def seal_of(connection: Connection, case_id: str, number: int) -> str | None:
    """The hash under which a verdict stands; empty for number 0, None for one that is not there."""
    if number == 0:
        return ""
    wanted = select(_verdict.c.hash).where(_verdict.c.case_id == case_id, _verdict.c.number == number)
    found: str | None = connection.execute(wanted).scalar()
    return found


def verify_chains(
    connection: Connection, case_id: str | None = None, *, on_progress: Callable[[int], None] | None = None
) -> Audit:
    """Check every chain, or one case's; `on_progress` hears the number of verdicts read so far, chain by chain."""
    broken: list[BrokenChain] = []
    chains = verdicts = 0
    for chain_id, rows in _chains(
        connection, _CHAINS if case_id is None else _CHAINS.where(_case.c.case_id == case_id)
    ):
        chain = [row for row in rows if row["number"] is not None]
        chains, verdicts = chains + 1, verdicts + len(chain)
        found = first_break(chain, rows[0]["head_number"], rows[0]["head_hash"])
        if found is not None:
            broken.append(BrokenChain(case_id=chain_id, number=found[0], what=found[1]))
        if on_progress is not None:
            on_progress(verdicts)
    return Audit(chains=chains, verdicts=verdicts, broken=tuple(broken))


def _chains(connection: Connection, wanted: Select[Any]) -> Iterator[tuple[str, list[Any]]]:
    rows = connection.execute(wanted, execution_options={"yield_per": _PAGE}).mappings()
    for chain_id, chain in groupby(rows, key=lambda row: str(row["chain"])):
        yield chain_id, list(chain)


def first_break(chain: Sequence[Any], head_number: int, head_hash: str) -> tuple[int, Break] | None:
    """The number and kind of a chain's first broken place; None when it is whole and ends at that head.

    Rows are mappings of the sealed columns with `hash`; an instant may be its text, as the seal writes it.
    """
    previous = ""
    for number, row in enumerate(chain, start=1):
        if number > head_number:
            return number, Break.ADDED
        found = _link_break(chain, row, number, previous)
        if found is not None:
            return found
        previous = row["hash"]
    if len(chain) < head_number:
        return len(chain) + 1, Break.MISSING
    # The last row may have been changed and sealed anew: then the head still knows what it was.
    return (len(chain), Break.CHANGED) if previous != head_hash else None


def _link_break(chain: Sequence[Any], row: Any, number: int, previous: str) -> tuple[int, Break] | None:
    """What is wrong with the row at this place, given the hash of the one before it."""
    if row["number"] != number:
        return number, Break.MISSING
    intact, linked = _is_sealed(row, number), row["previous_hash"] == previous
    if intact and linked:
        return None
    elsewhere = {other["hash"] for other in chain if other["number"] != number} | {""}
    if not linked and row["previous_hash"] in elsewhere:
        return number, Break.REORDERED
    if intact:
        # It is as it was written, after a row that is not there any more: that one was sealed anew.
        return max(1, number - 1), Break.CHANGED
    return number, Break.MISSING if _is_sealed(row, number + 1) else Break.CHANGED


def _is_sealed(row: Any, number: int) -> bool:
    """Whether the row is what was sealed as that number of its chain."""
    return bool(seal({name: row[name] for name in SEALED} | {"number": number}) == row["hash"])
