"""The judge of what went to law finds each thing that must never be, and nothing in what is right."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from casedb.legal_record import LegalRecord
from rehearsal.legal_judge import at_bureaus, believed_wrong, left_outside, untimely, with_agencies, without_leave
from rehearsal.servers import Places

AT = datetime(2027, 2, 1, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PLACEMENT = Path(__file__).parents[1] / "domain" / "placement" / "golden"


def row(**values: Any) -> Any:
    return SimpleNamespace(**values)


def a_vote(role: str, voter: str, at: datetime = AT - DAY) -> Any:
    return row(approval_id="leave-1", role=role, voter=voter, at=at)


VOTES = (a_vote("case_owner", "owner-1"), a_vote("compliance", "compliance-1"))
STEP = row(key="leave-1/pack", account_id="A-1", kind="court_pack", status="taken", taken_at=AT, approval_id="leave-1")
LEAVE = row(
    approval_id="leave-1", status="granted", expires_at=AT + DAY, roles=["case_owner", "compliance"],
    requested_by="amicable",
)  # fmt: skip
OWED = row(amount_minor=500, at=AT - 90 * DAY)
PACK = row(paper_id="leave-1/pack", case_id="A-1-1", kind="court_pack", withdrawn_at=None)
RIGHT = LegalRecord(
    steps=(STEP,),
    approvals={"leave-1": LEAVE},
    votes={"leave-1": VOTES},
    entries={"A-1": (OWED,)},
    holds={},
    papers=(PACK,),
    accounts_of_cases={"A-1-1": "A-1"},
)
PAID = row(amount_minor=-500, at=AT + DAY)


def changed(of: Any, **values: Any) -> Any:
    return row(**{**vars(of), **values})


def test_what_is_right_is_found_right() -> None:
    assert not [*without_leave(RIGHT), *untimely(RIGHT), *left_outside(RIGHT, AT)]


@pytest.mark.parametrize(
    "wrong",
    [
        replace(RIGHT, approvals={}),
        replace(RIGHT, votes={}),
        replace(RIGHT, votes={"leave-1": VOTES[:1]}),
        replace(RIGHT, votes={"leave-1": (VOTES[0], a_vote("compliance", "owner-1"))}),
        replace(RIGHT, votes={"leave-1": (VOTES[0], a_vote("compliance", "amicable"))}),
        replace(RIGHT, votes={"leave-1": (VOTES[0], a_vote("compliance", "compliance-1", AT + DAY))}),
        replace(RIGHT, votes={"leave-1": (VOTES[0], a_vote("compliance", "compliance-1", AT - 31 * DAY))}),
        replace(RIGHT, approvals={"leave-1": changed(LEAVE, expires_at=AT)}),
        replace(RIGHT, approvals={"leave-1": changed(LEAVE, status="refused")}),
        replace(RIGHT, approvals={"leave-1": changed(LEAVE, roles=[])}, votes={}),
    ],
)
def test_a_step_without_everybodys_leave_is_found(wrong: LegalRecord) -> None:
    assert list(without_leave(wrong)) == [STEP.key]


def a_hold(**values: Any) -> dict[str, tuple[Any, ...]]:
    return {"A-1": (row(**{"starts_at": AT - DAY, "ends_at": None, "released_at": None, **values}),)}


def test_a_step_on_what_is_paid_or_held_is_found() -> None:
    assert list(untimely(replace(RIGHT, entries={"A-1": (OWED, changed(PAID, at=AT - DAY))}))) == [STEP.key]
    assert list(untimely(replace(RIGHT, holds=a_hold()))) == [STEP.key]
    assert list(untimely(replace(RIGHT, holds=a_hold(released_at=AT)))) == []
    assert list(untimely(replace(RIGHT, holds=a_hold(ends_at=AT - DAY)))) == []
    in_books = replace(RIGHT, steps=(changed(STEP, kind="charge_off"),))
    assert list(untimely(replace(in_books, holds=a_hold()))) == []


def test_what_stands_of_a_paid_account_is_found_and_what_was_forgiven_is_meant() -> None:
    paid = replace(RIGHT, entries={"A-1": (OWED, PAID)})
    assert list(left_outside(paid, AT + DAY)) == [STEP.key, PACK.paper_id]
    back = replace(paid, steps=(changed(STEP, status="undone"),), papers=(changed(PACK, withdrawn_at=AT),))
    assert list(left_outside(back, AT + DAY)) == []
    forgiven = replace(paid, steps=(changed(STEP, kind="write_off"), changed(STEP, kind="charge_off")), papers=())
    assert list(left_outside(forgiven, AT + DAY)) == []
    charged_off = replace(paid, steps=(changed(STEP, kind="charge_off"),), papers=())
    assert list(left_outside(charged_off, AT + DAY)) == [STEP.key]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(directory=tmp_path, temporal_port=1, ui_port=1, sandbox_port=1, web_port=1)


@pytest.fixture
def put(places: Places) -> Callable[[Path, bytes], None]:
    def write(path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    return write


def test_what_an_agency_and_a_bureau_still_believe_of_a_paid_account_is_found(
    places: Places, put: Callable[[Path, bytes], None]
) -> None:
    paid = replace(RIGHT, entries={"LW-0041": (OWED, PAID)})
    put(places.agencies / "harbour" / "harbour-000001-account.csv", (PLACEMENT / "cact.csv").read_bytes())
    put(places.agencies / "northgate" / "northgate-000001-placement.txt", (PLACEMENT / "placement.txt").read_bytes())
    assert with_agencies(places.agencies)["LW-0041"] == 2
    assert list(believed_wrong(paid, places)) == ["agency:LW-0041"]
    assert list(believed_wrong(replace(paid, entries={"LW-0041": (OWED,)}), places)) == []
    put(places.agencies / "harbour" / "harbour-000002-final_recall.csv", (PLACEMENT / "cfin.csv").read_bytes())
    put(places.agencies / "northgate" / "northgate-000002-recalls.txt", (PLACEMENT / "recalls.txt").read_bytes())
    assert list(believed_wrong(paid, places)) == []
    for name, status in (("metro2-2027-01.txt", "93"), ("metro2-2027-02.txt", "93"), ("metro2-2027-02-2.txt", "62")):
        put(places.bureaus / name, _month("LW0041", status))
        found = list(believed_wrong(paid, places))
        assert found == ([] if status == "62" else ["bureau:LW0041"])
    assert at_bureaus(places.bureaus) == {"LW0041": "62"}


def _month(number: str, status: str) -> bytes:
    """A file with one account, by its positions."""
    line = list(" " * 426)
    line[42 : 42 + len(number)] = number
    line[123:125] = status
    return "\n".join(["0426HEADER", "".join(line), "0426TRAILER", ""]).encode()
