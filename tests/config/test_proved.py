"""A proof is kept for exactly what was proved, and losing it costs time and nothing else."""

import shutil
from pathlib import Path

import pytest

from config import proved
from config.messages import MessageRenderer
from config.proofs import samples
from config.proved import fingerprint, is_proved, remember
from domain.errors import ConfigurationError
from domain.vocabulary import Channel

TEMPLATES = Path(proved.__file__).parent / "templates"
FILES = {"en/reminder_1.sms.j2": "Hello {{ name }}", "disclosures.yaml": "rules: {}"}


def test_another_text_another_file_or_another_name_is_another_proof() -> None:
    keys = {
        fingerprint(FILES, ["reminder_1"]),
        fingerprint(FILES, ["reminder_1", "reminder_2"]),
        fingerprint(FILES | {"en/reminder_1.sms.j2": "Hello, {{ name }}"}, ["reminder_1"]),
        fingerprint({"en/reminder_2.sms.j2": "Hello {{ name }}", "disclosures.yaml": "rules: {}"}, ["reminder_1"]),
    }
    assert len(keys) == 4
    assert fingerprint(dict(reversed(FILES.items())), ["reminder_1"]) in keys


def test_what_was_not_proved_is_not_proved_and_the_oldest_proofs_are_forgotten(tmp_path: Path) -> None:
    keys = [f"{number:064}" for number in range(25)]
    assert not is_proved(keys[0], tmp_path)
    for key in keys:
        remember(key, tmp_path)
    assert is_proved(keys[-1], tmp_path)
    assert len(list(tmp_path.iterdir())) == 20


def test_a_directory_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    file = tmp_path / "no-directory"
    file.touch()
    remember("0" * 64, file)
    assert not is_proved("0" * 64, file)


def test_a_template_that_was_spoilt_after_its_proof_is_refused_and_one_under_way_says_what_it_said(
    tmp_path: Path,
) -> None:
    templates = Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))
    proved_first = MessageRenderer(templates, ["reminder_1"])
    spoilt = templates / "en" / "reminder_1.sms.j2"
    spoilt.write_text(spoilt.read_text() + " We will have you arrested.")
    with pytest.raises(ConfigurationError, match=r"reminder_1\.sms\.j2"):
        MessageRenderer(templates, ["reminder_1"])
    told = proved_first.render("reminder_1", Channel.SMS, "en", samples("en")[0])
    assert "arrested" not in told.body
