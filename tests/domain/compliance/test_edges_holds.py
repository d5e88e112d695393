"""Requests, disputes, attorneys and places: what each fact stops, and what just misses it."""

from typing import Any

import pytest

from tests.domain.compliance.acts import act, ask, inbound
from tests.domain.compliance.acts import denied as denied_by

NOW, THEN = "2026-06-03T16:00:00Z", "2026-06-03T16:00:01Z"


def denials(**given: Any) -> list[str]:
    return denied_by(ask(act("US", **given)))


@pytest.mark.parametrize(
    ("cease", "denied"),
    [
        pytest.param({"received_utc": NOW}, True, id="received at this very instant"),
        pytest.param({"received_utc": THEN}, False, id="received later"),
        pytest.param({"sent": "2026-06-01"}, False, id="sent and not received"),
        pytest.param({"received_utc": NOW, "via": "email"}, True, id="by e-mail"),
        pytest.param({"received_utc": NOW, "via": "call"}, False, id="said in a call"),
        pytest.param({"received_utc": NOW, "via": "call", "in_writing": True}, True, id="said in a call and written"),
        pytest.param({"received_utc": NOW, "via": "email", "in_writing": False}, False, id="not in writing"),
        pytest.param({"received_utc": NOW, "in_writing": True}, True, id="in writing"),
        pytest.param({"received_utc": NOW, "debt_ids": ["D2"]}, False, id="about another debt"),
    ],
)
def test_a_request_to_cease_works_in_writing_from_its_receipt(cease: dict[str, Any], denied: bool) -> None:
    assert ("US-CEASE-1" in denials(channel="letter", flags={"cease": cease})) is denied


ENDS = "2026-06-10"


@pytest.mark.parametrize(
    ("dispute", "flags", "denied", "marked"),
    [
        pytest.param({"received_utc": NOW, "in_writing": True}, {"validation_end": ENDS}, True, False, id="in time"),
        pytest.param({"received_utc": THEN, "in_writing": True}, {"validation_end": ENDS}, False, False, id="to come"),
        pytest.param({"received_utc": NOW}, {"validation_end": ENDS}, True, False, id="nobody noted how"),
        pytest.param({"received_utc": NOW, "in_writing": False}, {"validation_end": ENDS}, False, True, id="oral"),
        pytest.param(
            {"received_utc": NOW, "in_writing": True}, {"validation_end": "2026-06-02"}, False, True, id="late"
        ),
        pytest.param(
            {"received_utc": NOW, "in_writing": True}, {"validation_end": "2026-06-03"}, True, False, id="last day"
        ),
        pytest.param({"in_writing": True, "duplicative": True}, {}, False, True, id="the same once more"),
        pytest.param({"in_writing": True, "verified": True}, {}, False, False, id="verified"),
        pytest.param({"in_writing": True, "resolved": True}, {}, False, False, id="resolved"),
        pytest.param({"in_writing": True, "debt_ids": ["D2"]}, {}, False, False, id="about another debt"),
        pytest.param({"in_writing": True}, {}, True, False, id="before the period has an end"),
        pytest.param({"in_writing": True}, {"in_validation_period": False}, False, True, id="the period is over"),
        pytest.param({"in_writing": True}, {"in_validation_period": True}, True, False, id="the period runs"),
    ],
)
def test_a_timely_written_dispute_halts_and_another_is_a_mark(
    dispute: dict[str, Any], flags: dict[str, Any], denied: bool, marked: bool
) -> None:
    verdict = ask(act("US", flags={"dispute": dispute} | flags))
    assert ("US-DISP-1" in denied_by(verdict)) is denied
    assert ("MARK_DISPUTED" in verdict.warnings) is marked


@pytest.mark.parametrize(
    ("dispute", "denied"),
    [
        ({"grounds": "amount"}, True),
        ({"received_utc": "2026-06-03T11:00:00Z"}, True),
        ({"received_utc": "2026-06-03T11:00:01Z"}, False),
        ({"resolved": True}, False),
        ({"debt_ids": ["D2"]}, False),
    ],
)
def test_in_britain_any_dispute_that_may_be_valid_halts(dispute: dict[str, Any], denied: bool) -> None:
    assert ("UK-DISP-1" in denied_by(ask(act("UK", flags={"dispute": {"in_writing": False} | dispute})))) is denied


@pytest.mark.parametrize(
    ("asked", "denied"),
    [
        pytest.param({"received_utc": NOW}, True, id="not answered"),
        pytest.param({"received_utc": NOW, "answered": True}, False, id="answered"),
        pytest.param({"received_utc": THEN}, False, id="to come"),
        pytest.param({"received_utc": "2026-06-01T15:00:00Z", "answered": False}, True, id="known not to be answered"),
        pytest.param({}, True, id="nobody noted when"),
    ],
)
def test_a_request_for_the_original_creditor_halts_until_its_answer(asked: dict[str, Any], denied: bool) -> None:
    flags = {"original_creditor_request": asked, "validation_end": ENDS}
    assert ("US-DISP-2" in denials(flags=flags)) is denied


WROTE = inbound("2026-06-03T15:00:00Z", channel="email")


@pytest.mark.parametrize(
    ("attorney", "given", "denied"),
    [
        pytest.param({"known": True}, {}, True, id="known"),
        pytest.param({"known": False}, {}, False, id="not known"),
        pytest.param({"known": True, "unresponsive": True}, {}, False, id="does not answer"),
        pytest.param({"known": True, "consents": True}, {}, False, id="consents"),
        pytest.param({"known": True, "debt_ids": ["D2"]}, {}, False, id="in another debt"),
        pytest.param({"known": True}, {"purpose": "reply", "history": [WROTE]}, False, id="a reply to the person"),
        pytest.param({"known": True}, {"history": [WROTE]}, True, id="more than a reply"),
        pytest.param({"known": True}, {"purpose": "reply"}, True, id="a reply to nothing"),
    ],
)
def test_an_attorney_who_is_known_is_spoken_to_instead(
    attorney: dict[str, Any], given: dict[str, Any], denied: bool
) -> None:
    assert ("US-ATTY-1" in denials(**({"channel": "email", "flags": {"attorney": attorney}} | given))) is denied


@pytest.mark.parametrize(
    ("given", "denied"),
    [
        pytest.param({"address": {"type": "landline_home"}}, True, id="the home line"),
        pytest.param({"address": {"type": "mobile"}}, False, id="a mobile"),
        pytest.param({}, False, id="an address of no known type"),
        pytest.param({"flags": {"known_at_home": True}}, True, id="known to be at home"),
        pytest.param({"flags": {"place": "home"}}, True, id="met at home"),
        pytest.param({"flags": {"place": "office"}}, False, id="met elsewhere"),
        pytest.param(
            {"address": {"type": "landline_home"}, "flags": {"home_inconvenient": False}}, False, id="no wish"
        ),
        pytest.param(
            {
                "address": {"type": "landline_home"},
                "purpose": "reply",
                "history": [inbound("2026-06-03T15:00:00Z", channel="call")],
            },
            False,
            id="a reply to a call of his own",
        ),
        pytest.param({"address": {"type": "landline_home"}, "purpose": "reply"}, True, id="a reply to nothing"),
    ],
)
def test_the_home_that_is_inconvenient_is_left_alone(given: dict[str, Any], denied: bool) -> None:
    flags = {"home_inconvenient": True} | given.get("flags", {})
    assert ("US-PLACE-1" in denials(**(given | {"flags": flags}))) is denied


AT_WORK = {"type": "workplace_contact", "utc": "2026-05-20T16:00:00Z", "given_to": "collector"}


@pytest.mark.parametrize(
    ("given", "denied"),
    [
        pytest.param({"address": {"type": "work_phone"}}, True, id="the line at work"),
        pytest.param({"address": {"type": "mobile"}}, False, id="a mobile"),
        pytest.param({"flags": {"place": "workplace"}}, True, id="met at work"),
        pytest.param({"flags": {"place": "home"}}, False, id="met elsewhere"),
        pytest.param({"address": {"type": "work_phone"}, "flags": {"employer_prohibits": False}}, False, id="allowed"),
        pytest.param({"address": {"type": "work_phone"}, "consents": [AT_WORK]}, False, id="consented to"),
        pytest.param(
            {"address": {"type": "work_phone"}, "consents": [AT_WORK | {"given_to": "creditor"}]},
            True,
            id="consented to another",
        ),
        pytest.param(
            {"address": {"type": "work_phone"}, "consents": [AT_WORK | {"utc": THEN}]}, True, id="consents later"
        ),
        pytest.param(
            {"address": {"type": "work_phone"}, "consents": [AT_WORK | {"type": "call_back"}]},
            True,
            id="consented to something else",
        ),
    ],
)
def test_the_workplace_is_left_alone_where_the_employer_forbids_it(given: dict[str, Any], denied: bool) -> None:
    flags = {"employer_prohibits": True} | given.get("flags", {})
    assert ("US-PLACE-2" in denials(**(given | {"flags": flags}))) is denied
