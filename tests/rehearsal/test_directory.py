"""A rehearsal deletes only what a rehearsal made, and none that runs."""

from pathlib import Path

import pytest

from domain.errors import InvalidInput
from rehearsal.directory import MARKER, make_afresh


def test_an_old_rehearsal_makes_room_for_a_new_one(tmp_path: Path) -> None:
    first, mark = make_afresh(tmp_path / "demo")
    (first / "cases.db").write_text("old")
    mark.close()

    again, mark = make_afresh(tmp_path / "demo")

    assert again == first
    assert sorted(path.name for path in again.iterdir()) == [MARKER, "logs"]
    mark.close()


def test_somebody_elses_files_are_never_deleted(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(InvalidInput, match="not a rehearsal's"):
        make_afresh(tmp_path)

    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_file_is_not_a_place_for_a_rehearsal(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(InvalidInput, match="not a directory"):
        make_afresh(tmp_path / "file")


def test_a_rehearsal_that_runs_keeps_its_directory(tmp_path: Path) -> None:
    directory, mark = make_afresh(tmp_path / "demo")
    (directory / "cases.db").write_text("in use")

    with mark, pytest.raises(InvalidInput, match="another rehearsal runs"):
        make_afresh(tmp_path / "demo")

    assert (directory / "cases.db").exists()
