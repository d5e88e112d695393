"""The pack for a court: complete, proved by itself, written under its key, and withdrawn with a note beside it."""

import json
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from activities.escalation.court_pack import CourtPack, create
from activities.escalation.outside_steps import StepOrder, StepTaken
from casedb import schema
from casedb.engine import reading, writing
from config.settings import load_settings
from documents.archive import read_archive
from documents.evidence_check import check_bundle
from domain.errors import StepRefused
from sandbox.pdf_text import read_texts
from tests.casedb.people import NOW
from tests.config.conftest import SANDBOX_URLS
from tests.support.legal_files import FOREIGN, NAMES, add_legal_case

ORDER = StepOrder(key="A-1-1/file", case_id="A-1-1", account_id="A-1", person_id="P-1", at=NOW, why="it was paid")


@pytest.fixture
def step(tmp_path: Path) -> CourtPack:
    settings = load_settings(None, **SANDBOX_URLS, court_packs_dir=tmp_path / "packs", postal_address="1 Wallet Plaza")
    made = create(settings)
    assert made is not None
    return made


def take(engine: Engine, step: CourtPack, order: StepOrder = ORDER) -> StepTaken:
    with writing(engine) as connection:
        return step.take(connection, order)


def papers(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(schema.paper)))


def inside(step: CourtPack, taken: StepTaken) -> dict[str, bytes]:
    return {file.name: file.content for file in read_archive((step.folder / taken.reference).read_bytes())}


def printed(content: bytes) -> str:
    return "\n".join(placed.text for placed in read_texts(content))


def test_the_pack_has_the_evidence_and_the_claim_and_proves_itself(any_engine: Engine, step: CourtPack) -> None:
    add_legal_case(any_engine)
    taken = take(any_engine, step)
    path = step.folder / taken.reference
    assert (path.name, stat.S_IMODE(path.stat().st_mode)) == ("court-pack-A-1-1-file.zip", 0o600)
    proof = check_bundle(path.read_bytes())
    assert proof.holds
    [paper] = papers(any_engine)
    assert (paper.paper_id, paper.kind, paper.sha256) == ("A-1-1/file", "court_pack", proof.sha256)
    assert proof.sha256 in taken.says
    assert {"claim.json", "claim.pdf", "evidence.pdf", "data/verdicts.json"} <= set(inside(step, taken))


def test_the_claim_says_who_what_where_and_after_which_steps(sqlite_engine: Engine, step: CourtPack) -> None:
    add_legal_case(sqlite_engine)
    with writing(sqlite_engine) as connection:
        connection.execute(text("UPDATE person SET jurisdiction = 'UK'"))
    told = json.loads(inside(step, take(sqlite_engine, step))["claim.json"])
    assert told["claimant"] == {"name": "Lantern Wallet", "address": ["1 Wallet Plaza"], "represented_by": None}
    assert told["defendant"] == {
        "person_id": "P-1",
        "name": "Ada Invented",
        "addresses": ["8 Sample Avenue\nSpringfield IL 62701"],
    }
    what = told["particulars"]
    assert (what["principal_minor"], what["fees_minor"], what["payments_minor"]) == (130_000, 8_050, 10_000)
    assert (what["total_minor"], what["due_on"], what["contract"]["says"]) == (128_050, "2026-10-01", "archive box 7")
    assert told["venue"]["says"] == "defendant's residence"
    limitation = told["limitation"]
    assert (limitation["found"]["says"], limitation["years"], limitation["ends_on"]) == ("open", 6, "2032-10-01")
    assert [step["what"] for step in told["pre_action"]] == ["notice_delivered", "charge_off"]
    assert [vote["role"] for vote in told["approvals"]] == ["case_owner", "legal_counsel"]


@pytest.mark.parametrize(("parameters", "title"), [({}, "诉讼请求摘要"), ({"locale": "en"}, "Summary of the claim")])
def test_the_pages_are_in_the_courts_language_else_in_the_persons(
    sqlite_engine: Engine, step: CourtPack, parameters: dict[str, str], title: str
) -> None:
    add_legal_case(sqlite_engine, "zh-CN")
    told = printed(inside(step, take(sqlite_engine, step, replace(ORDER, parameters=parameters)))["claim.pdf"])
    assert title in told
    assert NAMES["zh-CN"] in told
    assert "¥1,280.50" in told


def test_nothing_of_anybody_else_is_in_the_pack(sqlite_engine: Engine, step: CourtPack) -> None:
    add_legal_case(sqlite_engine)
    files = inside(step, take(sqlite_engine, step))
    seen = b"".join(files.values()).decode("utf-8", "replace") + printed(files["claim.pdf"])
    assert [each for each in FOREIGN if each in seen] == []


def test_an_attempt_that_did_not_come_on_record_leaves_one_pack_the_later_one(
    sqlite_engine: Engine, step: CourtPack
) -> None:
    add_legal_case(sqlite_engine)
    with pytest.raises(RuntimeError, match="crash"):
        crash_after(sqlite_engine, step)
    taken = take(sqlite_engine, step, replace(ORDER, at=NOW + timedelta(hours=1)))
    [path] = step.folder.iterdir()
    assert check_bundle(path.read_bytes()).sha256 in taken.says


def crash_after(engine: Engine, step: CourtPack) -> None:
    """The pack is written, and its transaction is not committed."""
    with writing(engine) as connection:
        step.take(connection, ORDER)
        raise RuntimeError("crash")


def test_withdrawn_it_stays_as_it_is_with_a_note_beside_it(any_engine: Engine, step: CourtPack) -> None:
    add_legal_case(any_engine)
    taken = take(any_engine, step)
    before = (step.folder / taken.reference).read_bytes()
    with writing(any_engine) as connection:
        undone = step.undo(connection, replace(ORDER, at=NOW + timedelta(days=1)))
    note = json.loads((step.folder / undone.reference).read_text())
    assert (note["pack"], note["why"]) == (taken.reference, "it was paid")
    assert (step.folder / taken.reference).read_bytes() == before
    [paper] = papers(any_engine)
    assert paper.withdrawn_at == NOW + timedelta(days=1)


def test_a_ledger_that_does_not_add_up_and_a_folder_that_is_none_put_it_off(
    sqlite_engine: Engine, step: CourtPack
) -> None:
    add_legal_case(sqlite_engine)
    step.folder.write_text("not a folder")
    with pytest.raises(StepRefused) as caught:
        take(sqlite_engine, step)
    assert caught.value.until is not None
    with writing(sqlite_engine) as connection:
        connection.execute(text("UPDATE account SET balance_minor = 1"))
    with pytest.raises(StepRefused, match="does not itemise"):
        take(sqlite_engine, step)
    assert papers(sqlite_engine) == []


def test_parameters_that_it_does_not_know_are_refused_at_start(step: CourtPack) -> None:
    assert list(step.problems({"locale": "zh-CN"})) == []
    assert "locale must be a language" in next(iter(step.problems({"locale": "fr"})))
    assert "no parameter court" in next(iter(step.problems({"court": "x"})))


def test_it_is_off_without_a_folder() -> None:
    assert create(load_settings(None, **SANDBOX_URLS)) is None
