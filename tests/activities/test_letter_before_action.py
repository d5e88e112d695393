"""The letter before action as a step: lawful, on paper and on record once, and withdrawn by another letter."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text, update

from activities.escalation.letter_before_action import LetterBeforeAction, create
from activities.escalation.outside_steps import StepOrder
from activities.letter import INDEX
from casedb import schema
from casedb.audit import verify_chains
from casedb.engine import reading, writing
from config.jurisdictions import load_profiles
from config.settings import load_settings
from domain.errors import StepRefused
from sandbox.pdf_text import read_texts
from tests.casedb.people import NOW
from tests.config.conftest import CONFIG, SANDBOX_URLS
from tests.support.legal_files import add_legal_case

ORDER = StepOrder(key="A-1-1/letter", case_id="A-1-1", account_id="A-1", person_id="P-1", at=NOW, why="it was paid")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "letters"


@pytest.fixture
def step(folder: Path) -> LetterBeforeAction:
    made = create(load_settings(None, **SANDBOX_URLS, letter_outbox_dir=folder, postal_address="1 Wallet Plaza"))
    assert made is not None
    return made


def take(engine: Engine, step: LetterBeforeAction, order: StepOrder = ORDER) -> Any:
    with writing(engine) as connection:
        return step.take(connection, order)


def undo(engine: Engine, step: LetterBeforeAction, order: StepOrder = ORDER) -> Any:
    with writing(engine) as connection:
        return step.undo(connection, order)


def rows(engine: Engine, table: Any) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(table).order_by(next(iter(table.c)))))


def change(engine: Engine, statement: Any) -> None:
    with writing(engine) as connection:
        connection.execute(statement)


def printed(path: Path) -> str:
    return "\n".join(placed.text for placed in read_texts(path.read_bytes()))


def test_the_letter_lies_in_the_outbox_and_its_words_hash_and_verdict_are_on_record(
    any_engine: Engine, step: LetterBeforeAction, folder: Path
) -> None:
    add_legal_case(any_engine)
    taken = take(any_engine, step)
    told = printed(folder / taken.reference)
    for expected in ("Ada Invented", "8 Sample Avenue", "Principal: $1,300.00", "Total owed: $1,280.50", "Reply form"):
        assert expected in told
    assert taken.says.endswith("reply by 2026-12-21")
    [paper] = rows(any_engine, schema.paper)
    [line] = (folder / INDEX).read_text().splitlines()
    assert (paper.paper_id, paper.kind) == ("A-1-1/letter", "letter_before_action")
    assert json.loads(line) == {
        "reference": taken.reference[:9],
        "file": paper.file_name,
        "sha256": paper.sha256,
    }
    words = {row.message_id: row for row in rows(any_engine, schema.message_text)}["A-1-1/letter"]
    assert (words.channel, words.template) == ("letter", "letter_before_action")
    assert "Dear Ada Invented," in words.body
    verdict = rows(any_engine, schema.verdict)[-1]
    assert (verdict.touch_key, verdict.channel, verdict.decision) == ("A-1-1/letter", "letter", "allow")
    with reading(any_engine) as connection:
        assert verify_chains(connection).broken == ()


def test_nothing_of_the_person_stands_in_what_the_case_is_told(sqlite_engine: Engine, step: LetterBeforeAction) -> None:
    add_legal_case(sqlite_engine)
    told = f"{take(sqlite_engine, step)} {undo(sqlite_engine, step)}"
    assert not any(personal in told for personal in ("Ada", "Invented", "Avenue"))


def test_a_chinese_letter_is_chinese_on_the_page(sqlite_engine: Engine, step: LetterBeforeAction, folder: Path) -> None:
    add_legal_case(sqlite_engine, "zh-CN")
    told = printed(folder / take(sqlite_engine, step).reference)
    for expected in ("王小明", "诉前催告函", "本金：¥1,300.00", "回执", "人民法院"):
        assert expected in told


@pytest.mark.parametrize(("jurisdiction", "asked", "days"), [("UK", 10, 30), ("UK", 45, 45), ("US", 10, 10)])
def test_the_strategy_may_give_more_time_than_the_law_and_never_less(
    sqlite_engine: Engine, step: LetterBeforeAction, jurisdiction: str, asked: int, days: int
) -> None:
    add_legal_case(sqlite_engine)
    change(sqlite_engine, update(schema.person).values(jurisdiction=jurisdiction))
    taken = take(sqlite_engine, step, replace(ORDER, parameters={"reply_days": asked}))
    assert f"reply by {(NOW + timedelta(days=days)).date()}" in taken.says
    assert ("to be enclosed: Information Sheet" in taken.says) is (jurisdiction == "UK")


@pytest.mark.parametrize("jurisdiction", sorted(load_profiles(CONFIG / "jurisdictions")))
def test_the_gate_lets_the_letter_of_every_country_pass(
    sqlite_engine: Engine, step: LetterBeforeAction, jurisdiction: str
) -> None:
    add_legal_case(sqlite_engine)
    change(sqlite_engine, update(schema.person).values(jurisdiction=jurisdiction))
    assert take(sqlite_engine, step).reference
    assert "withdrawn by letter" in undo(sqlite_engine, step).says


def test_an_attempt_that_did_not_come_on_record_leaves_one_letter_the_later_one(
    sqlite_engine: Engine, step: LetterBeforeAction, folder: Path
) -> None:
    add_legal_case(sqlite_engine)
    with pytest.raises(RuntimeError, match="crash"):
        crash_after(sqlite_engine, step)
    taken = take(sqlite_engine, step, replace(ORDER, at=NOW + timedelta(days=2)))
    [file] = folder.glob("*.pdf")
    assert "November 23, 2026" in printed(file)
    assert [row.file_name for row in rows(sqlite_engine, schema.paper)] == [taken.reference]


def crash_after(engine: Engine, step: LetterBeforeAction) -> None:
    """The letter is written, and its transaction is not committed."""
    with writing(engine) as connection:
        step.take(connection, ORDER)
        raise RuntimeError("crash")


def hold_for(kind: str) -> Any:
    values = {"hold_id": "H", "person_id": "P-1", "kind": kind, "reason": "", "owner": "care", "starts_at": NOW}
    return insert(schema.hold).values(**values)


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (text("DELETE FROM contact_point WHERE channel = 'letter'"), "no postal address"),
        (text("UPDATE account SET balance_minor = 1"), "does not itemise what is owed"),
        (text("UPDATE person SET jurisdiction = 'ZZ'"), "the letter may not go"),
        (hold_for("deceased"), "the letter may not go"),
        (hold_for("bankruptcy"), "the letter may not go"),
    ],
)
def test_what_stands_against_it_is_named_and_no_letter_is_written(
    sqlite_engine: Engine, step: LetterBeforeAction, folder: Path, meanwhile: Any, why: str
) -> None:
    add_legal_case(sqlite_engine)
    change(sqlite_engine, meanwhile)
    with pytest.raises(StepRefused, match=why):
        take(sqlite_engine, step)
    assert not folder.exists()
    assert rows(sqlite_engine, schema.paper) == []


def test_a_folder_that_cannot_be_written_is_tried_again_later(
    sqlite_engine: Engine, step: LetterBeforeAction, folder: Path
) -> None:
    add_legal_case(sqlite_engine)
    folder.write_text("not a folder")
    with pytest.raises(StepRefused) as caught:
        take(sqlite_engine, step)
    assert caught.value.until is not None
    assert caught.value.until > NOW


def test_the_withdrawal_is_a_letter_of_its_own_and_the_first_is_marked(
    any_engine: Engine, step: LetterBeforeAction, folder: Path
) -> None:
    add_legal_case(any_engine)
    taken = take(any_engine, step)
    undone = undo(any_engine, step, replace(ORDER, at=NOW + timedelta(days=3)))
    told = printed(folder / undone.reference)
    assert f"reference {taken.reference[:9]}" in told
    assert "November 21, 2026" in told
    assert "1,280.50" not in told
    papers = {row.paper_id: row for row in rows(any_engine, schema.paper)}
    assert papers["A-1-1/letter"].withdrawn_at == NOW + timedelta(days=3)
    assert papers["A-1-1/letter/withdrawn"].kind == "claim_withdrawn"


def test_where_no_letter_may_go_the_withdrawal_stands_on_record_alone(
    sqlite_engine: Engine, step: LetterBeforeAction, folder: Path
) -> None:
    add_legal_case(sqlite_engine)
    take(sqlite_engine, step)
    change(sqlite_engine, text("DELETE FROM contact_point WHERE channel = 'letter'"))
    assert undo(sqlite_engine, step).says.startswith("withdrawn on record, without a letter")
    assert len(list(folder.glob("*.pdf"))) == 1
    [paper] = rows(sqlite_engine, schema.paper)
    assert paper.withdrawn_at == NOW


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"reply_days": 0}, "from 1 to 180"),
        ({"reply_days": True}, "from 1 to 180"),
        ({"colour": 1}, "no parameter colour"),
    ],
)
def test_parameters_that_it_does_not_know_are_refused_at_start(
    step: LetterBeforeAction, parameters: dict[str, int], problem: str
) -> None:
    assert list(step.problems({"reply_days": 30})) == []
    [told] = step.problems(parameters)
    assert problem in told


def test_it_is_off_without_an_outbox_of_letters() -> None:
    assert create(load_settings(None, **SANDBOX_URLS)) is None
