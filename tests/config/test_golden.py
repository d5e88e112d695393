"""Worked cases as acts: what is informational is passed over, what is absent stays absent."""

import json
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from config.golden import LONG_AGO, BadLine, GoldenCase, read_case, read_cases
from domain.compliance.flags import NO_FLAGS
from domain.compliance.vocabulary import ActKind, Medium, Role
from domain.errors import InvalidInput

BARE = {"proposed_utc": "2026-06-03T16:00:00Z", "channel": "call"}


def line(**given: Any) -> str:
    return json.dumps({"id": "x", "kind": "contact", "jurisdiction": "US", "given": BARE | given})


def test_a_bare_case_has_no_facts() -> None:
    act = read_case(line(content=None, history=None, delivered_utc="2026-06-03T17:00:00Z")).act
    assert (act.kind, act.role, act.channel, act.at) == (
        ActKind.CONTACT,
        Role.CREDITOR,
        Medium.CALL,
        datetime(2026, 6, 3, 16, tzinfo=UTC),
    )
    assert (act.flags, act.history, act.content, act.zone_names) == (NO_FLAGS, (), None, ())


def test_a_null_flag_is_no_fact_and_an_instant_changes_its_name() -> None:
    flags = {"validation_notice_sent": None, "cease": {"received_utc": "2026-06-01T10:00:00+02:00", "via": None}}
    act = read_case(line(flags=flags)).act
    assert act.flags.validation_notice_sent is None
    assert act.flags.cease is not None
    assert (act.flags.cease.received_at, act.flags.cease.via) == (datetime(2026, 6, 1, 8, tzinfo=UTC), None)


def test_the_day_on_which_something_was_done_says_that_it_was() -> None:
    act = read_case(line(flags={"pre_notice_sent": "2026-05-01", "place": "2026-05-01"})).act
    assert (act.flags.pre_notice_sent, act.flags.place) == (True, "2026-05-01")


def test_midnight_ends_a_day_and_an_agreement() -> None:
    named = {"tz": "Asia/Shanghai", "days": [1], "from": "22:00", "to": "24:00", "through": "2026-12-31"}
    agreed = {"type": "quiet_hours_agreement", "from": "22:00", "to": "24:00"}
    act = read_case(line(inconvenient=[named], consents=[agreed])).act
    assert (act.inconvenient[0].end, act.inconvenient[0].through) == (None, date(2026, 12, 31))
    assert (act.consents[0].start, act.consents[0].end, act.consents[0].at) == (time(22), time(0), LONG_AGO)


def test_a_text_comes_with_its_readings() -> None:
    act = read_case(line(content={"text": "a r r e s t", "disclosures": ["identity"]})).act
    assert act.content is not None
    assert any("arrest" in reading for reading in act.content.readings)
    assert (act.content.disclosures, act.content.lang) == (frozenset({"identity"}), "en")


def test_lines_keep_their_numbers() -> None:
    read = list(read_cases(iter([line(), "\n", "nonsense", line()])))
    assert [type(each) for each in read] == [GoldenCase, BadLine, GoldenCase]
    assert isinstance(read[1], BadLine)
    assert read[1].number == 3


@pytest.mark.parametrize("missing", ["proposed_utc", "channel"])
def test_what_an_act_cannot_do_without_is_named(missing: str) -> None:
    with pytest.raises(InvalidInput, match=f"given.{missing}: is missing"):
        read_case(line(**{missing: None}))
