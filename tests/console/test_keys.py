"""`keys`: a key that the settings take, and the names of those that are there."""

import json

import pytest

from config.keys import read_keys
from tests.console.conftest import Run


def test_a_new_key_is_what_the_settings_take_and_goes_in_front_of_the_old(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("keys", "list").out == "nothing is encrypted: AMICABLE_PAYLOAD_KEYS names no key\n"
    made = run("keys", "new", "--id", "2026-05")
    first = made.out.strip()
    assert "of every process, as plain,2026-05:..., and then in front" in made.err
    monkeypatch.setenv("AMICABLE_PAYLOAD_KEYS", f"plain,{first}")
    assert run("keys", "list").out == "nothing encrypts; 2026-05 decrypts\n"
    monkeypatch.setenv("AMICABLE_PAYLOAD_KEYS", first)
    assert run("keys", "list").out == "2026-05 encrypts; 2026-05 decrypts\n"
    second = json.loads(run("keys", "new", "--id", "2026-11", "--json").out)["entry"]
    both = f"{second},{first}"
    monkeypatch.setenv("AMICABLE_PAYLOAD_KEYS", both)
    told = json.loads(run("keys", "list", "--json").out)
    assert told == {"encrypts": "2026-11", "decrypt": ["2026-11", "2026-05"]}
    assert read_keys(both) is not None


def test_an_id_that_is_taken_or_cannot_stand_there_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "must be 1 to 40 letters" in run("keys", "new", "--id", "a:b").err
    monkeypatch.setenv("AMICABLE_PAYLOAD_KEYS", run("keys", "new", "--id", "a").out.strip())
    assert "the id a stands for a key already" in run("keys", "new", "--id", "a").err


def test_keys_that_cannot_be_read_are_one_line_without_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMICABLE_PAYLOAD_KEYS", "a:c2hvcnQ")
    for command in ("keys list", "keys new"):
        ran = run(*command.split())
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("AMICABLE_PAYLOAD_KEYS: the key a must be 32 random bytes")
        assert "c2hvcnQ" not in ran.err
