"""Whom one asks where the person is, and holds that stop a suit: each on both sides of its edge."""

from typing import Any

import pytest

from tests.domain.compliance.acts import act, ask, calls, fired
from tests.domain.compliance.acts import denied as denied_by
from tests.domain.compliance.test_legal import sue
from tests.domain.compliance.worked import barring

ASK_WHERE: dict[str, Any] = {"recipient": "third_party", "purpose": "location"}


def talk(**more: Any) -> dict[str, Any]:
    return calls(1, outcome="conversation", recipient="third_party", **more)[0]


@pytest.mark.parametrize(
    ("history", "number", "denied"),
    [
        pytest.param([talk()], None, True, id="asked and answered"),
        pytest.param([talk()], "N1", True, id="at a number nobody noted"),
        pytest.param([talk(number="N1")], None, True, id="the number to call is not known"),
        pytest.param([talk(number="N1")], "N1", True, id="the same number"),
        pytest.param([talk(number="N2")], "N1", False, id="another number is another person"),
        pytest.param([talk() | {"recipient": "contact"}], None, False, id="another person answered"),
        pytest.param([talk() | {"recipient": "consumer"}], None, False, id="the consumer answered"),
        pytest.param([talk() | {"outcome": "no_answer"}], None, False, id="nobody answered"),
        pytest.param([talk() | {"utc": "2026-06-03T16:00:00Z"}], None, True, id="answered at this very instant"),
        pytest.param([talk() | {"utc": "2026-06-03T16:00:01Z"}], None, False, id="answers later"),
    ],
)
def test_a_person_who_told_where_the_consumer_is_is_not_asked_again(
    history: list[dict[str, Any]], number: str | None, denied: bool
) -> None:
    asked = act("US", **ASK_WHERE, history=history, address={"number": number} if number else None)
    assert ("US-3P-2" in fired(ask(asked))) is denied


@pytest.mark.parametrize(
    ("flags", "denied"),
    [
        pytest.param({"breathing_space": {"start": "2026-06-04", "days": 60}}, True, id="begins today"),
        pytest.param({"breathing_space": {"start": "2026-06-05", "days": 60}}, False, id="begins tomorrow"),
        pytest.param(
            {"breathing_space": {"start": "2026-06-01", "days": 60, "debt_ids": ["D9"]}}, False, id="of another debt"
        ),
        pytest.param({"debt_advice_hold": {"start": "2026-06-04", "days": 30}}, True, id="advice begins today"),
        pytest.param({"debt_advice_hold": {"start": "2026-06-05", "days": 30}}, False, id="advice begins tomorrow"),
        pytest.param({"debt_advice_hold": {"start": "2026-06-04"}}, True, id="advice without an end"),
    ],
)
def test_a_hold_stops_a_suit_from_its_first_day_and_for_its_debts(flags: dict[str, Any], denied: bool) -> None:
    assert ("LA-APPROVE-1" in barring(sue(**flags))) is denied


def test_a_moratorium_outranks_whatever_else_stops_a_suit() -> None:
    verdict = sue("UK", breathing_space={"type": "standard", "start": "2026-06-01", "days": 60})
    assert {"UK-BS-1", "LA-APPROVE-1"} <= barring(verdict)
    assert verdict.decided_by == "UK-BS-1"


@pytest.mark.parametrize(
    ("ended", "until"),
    [("2026-06-01", "2026-07-02T07:00:00+00:00"), ("2026-05-03", None)],
)
def test_a_mental_health_moratorium_ends_thirty_days_after_the_treatment_also_without_a_first_day(
    ended: str, until: str | None
) -> None:
    verdict = ask(act("UK", flags={"breathing_space": {"type": "mental_health", "treatment_ended": ended}}))
    assert (verdict.until.isoformat() if verdict.until else None) == until


@pytest.mark.parametrize(
    ("where", "flags", "denied"),
    [
        pytest.param("CN", {"cn_shenzhen_bankruptcy": True}, True, id="an insolvency in Shenzhen"),
        pytest.param("CN", {"cn_shenzhen_bankruptcy": False}, False, id="none in Shenzhen"),
        pytest.param("US", {"dispute": {"in_writing": True, "debt_ids": ["D9"]}}, False, id="another debt is disputed"),
        pytest.param("US", {"dispute": {"in_writing": True, "debt_ids": ["D1"]}}, True, id="this debt is disputed"),
        pytest.param("US", {"dispute": {"in_writing": True, "verified": True}}, False, id="the dispute is verified"),
        pytest.param("US", {"dispute": {"in_writing": True, "resolved": True}}, False, id="the dispute is resolved"),
    ],
)
def test_a_hold_that_the_facts_show_stops_a_suit_whatever_was_checked(
    where: str, flags: dict[str, Any], denied: bool
) -> None:
    assert ("LA-APPROVE-1" in barring(sue(where, **flags))) is denied


SPACE = {"type": "standard", "start": "2026-06-01"}


@pytest.mark.parametrize(
    ("space", "at", "decision", "until"),
    [
        pytest.param(SPACE, "2026-06-03T11:00:00Z", "defer", "2026-07-31T07:00:00+00:00", id="sixty days"),
        pytest.param(SPACE | {"days": 30}, "2026-06-03T11:00:00Z", "defer", "2026-07-01T07:00:00+00:00", id="its own"),
        pytest.param({"type": "standard"}, "2026-06-03T11:00:00Z", "deny", None, id="no first day is known"),
        pytest.param(SPACE, "2026-07-31T06:59:59Z", "defer", "2026-07-31T07:00:00+00:00", id="the night after"),
        pytest.param(SPACE, "2026-07-31T07:00:00Z", "allow", None, id="the morning after"),
        pytest.param(SPACE, "2026-05-31T22:59:59Z", "allow", None, id="the night before"),
        pytest.param(SPACE, "2026-05-31T23:00:00Z", "defer", "2026-07-31T07:00:00+00:00", id="its first instant"),
    ],
)
def test_a_breathing_space_lasts_its_days_and_to_the_morning_after(
    space: dict[str, Any], at: str, decision: str, until: str | None
) -> None:
    verdict = ask(act("UK", channel="letter", at=at, flags={"breathing_space": space}))
    assert verdict.decision == decision
    assert (verdict.until.isoformat() if verdict.until else None) == until


@pytest.mark.parametrize(
    ("given", "at", "denied"),
    [
        pytest.param({"kind": "legal_action", "channel": "legal_action"}, "2026-07-31T06:59:59Z", True, id="a suit"),
        pytest.param({"kind": "legal_action", "channel": "legal_action"}, "2026-07-31T07:00:00Z", False, id="after it"),
        pytest.param({"kind": "contact", "channel": "legal_referral"}, "2026-06-03T11:00:00Z", True, id="a referral"),
        pytest.param({"kind": "legal_action", "channel": "letter"}, "2026-06-03T11:00:00Z", True, id="its letter"),
        pytest.param({"kind": "contact", "channel": "letter"}, "2026-06-03T11:00:00Z", False, id="a letter waits"),
    ],
)
def test_a_legal_step_is_denied_during_a_breathing_space_and_not_put_off(
    given: dict[str, Any], at: str, denied: bool
) -> None:
    verdict = ask(act("UK", at=at, flags={"breathing_space": SPACE}, **given))
    assert ("UK-BS-1" in denied_by(verdict)) is denied
