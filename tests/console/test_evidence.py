"""`evidence export` and `evidence verify` as a person and a program run them."""

import json
import stat
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from casedb.engine import writing
from tests.console.conftest import Run
from tests.support.legal_files import add_legal_case


@pytest.fixture
def exported(run: Run, sqlite_engine: Engine, tmp_path: Path) -> Path:
    """The archive of a case, as the command writes it."""
    add_legal_case(sqlite_engine)
    ran = run("evidence", "export", "A-1", "--out", str(tmp_path / "out"), "--by", "dana")
    assert (ran.code, ran.err) == (0, "")
    [file] = (tmp_path / "out").iterdir()
    assert str(file) in ran.out
    return file


def test_what_was_exported_is_proved_by_itself_and_against_the_database(run: Run, exported: Path) -> None:
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    alone = run("evidence", "verify", str(exported))
    assert alone.code == 0
    assert "25 files of case A-1-1" in alone.out
    told = json.loads(run("evidence", "verify", str(exported), "--against-database", "--json").out)
    assert (told["holds"], told["fault"], told["head"]["number"]) == (True, "", 2)
    assert "for dana" in told["on_record"]


def test_a_changed_byte_ends_with_one_and_names_the_file(run: Run, exported: Path) -> None:
    content = bytearray(exported.read_bytes())
    content[content.index(b"Ada Invented")] ^= 1
    exported.write_bytes(bytes(content))
    ran = run("evidence", "verify", str(exported))
    assert ran.code == 1
    assert "is not as it was made: 'data/" in ran.out
    assert json.loads(run("evidence", "verify", str(exported), "--json").out)["holds"] is False


def test_an_archive_of_another_database_and_a_chain_that_was_sealed_anew_are_found(
    run: Run, exported: Path, sqlite_engine: Engine, tmp_path: Path
) -> None:
    with writing(sqlite_engine) as connection:
        connection.execute(text("DROP TRIGGER verdict_unchanged"))
        connection.execute(text("UPDATE verdict SET hash = 'other' WHERE number = 2"))
    ran = run("evidence", "verify", str(exported), "--against-database")
    assert ran.code == 1
    assert "verdict 2 of case A-1-1 has another seal in the case database" in ran.out
    with writing(sqlite_engine) as connection:
        connection.execute(text("DELETE FROM paper"))
    ran = run("evidence", "verify", str(exported), "--against-database")
    assert (ran.code, "no archive with this hash" in ran.out) == (1, True)


def test_what_cannot_be_done_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    unknown = run("evidence", "export", "A-7")
    assert (unknown.code, "no account or case A-7" in unknown.err) == (2, True)
    strange = run("evidence", "export", "A-1", "--locale", "fr")
    assert (strange.code, "--locale fr: there are no words" in strange.err) == (2, True)
    missing = run("evidence", "verify", "nothing.zip")
    assert (missing.code, "nothing.zip cannot be read" in missing.err) == (2, True)
    wrong = run("evidence", "verify", str(tmp_path / "file"))
    assert (wrong.code, "no archive" in wrong.out) == (1, True)
