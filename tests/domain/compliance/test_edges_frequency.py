"""How often: what counts and what does not at the very edge of each count."""

from dataclasses import replace
from typing import Any

import pytest

from domain.compliance.frequency import SalesCap
from domain.compliance.vocabulary import VOICE
from domain.errors import InvalidInput
from tests.domain.compliance.acts import act, ask, calls, fired, past

NOW = "2026-06-03T16:00:00Z"
WEEK_AGO = "2026-05-27T16:00:00Z"
"""Now, 168 hours ago: outside the seven calendar days that end today."""
SIX = calls(28, 29, 30, month=5) + calls(1, 2, 3, hour=13)


@pytest.mark.parametrize(
    ("last", "rule", "fires"),
    [
        pytest.param(past(NOW), "US-FREQ-1", True, id="a seventh call at this very instant"),
        pytest.param(past(NOW, outcome="busy"), "US-FREQ-1", False, id="a busy line"),
        pytest.param(past(NOW, "sms", "sent"), "US-FREQ-1", False, id="a text is no call"),
        pytest.param(past(NOW, direction="in"), "US-FREQ-1", False, id="the person called"),
        pytest.param(past(NOW, recipient="spouse"), "US-FREQ-1", False, id="a call to somebody else"),
        pytest.param(past(NOW, misdirected=True), "US-FREQ-1", False, id="a call to a stranger"),
        pytest.param(past(NOW, debt_ids=["D2"]), "US-FREQ-1", False, id="a call about another debt"),
        pytest.param(past(WEEK_AGO), "US-FREQ-168H", False, id="a call 168 hours ago"),
        pytest.param(past("2026-05-27T16:00:01Z"), "US-FREQ-168H", True, id="a call less than 168 hours ago"),
        pytest.param(past("2026-05-27T16:00:01Z"), "US-FREQ-1", False, id="of a day outside"),
        pytest.param(past("2026-05-28T04:00:00Z"), "US-FREQ-1", True, id="in the first second of the first day"),
        pytest.param(past("2026-05-28T03:59:59Z"), "US-FREQ-1", False, id="in the last second of the day before"),
    ],
)
def test_the_seventh_call_of_seven_days_puts_off_the_next(last: dict[str, Any], rule: str, fires: bool) -> None:
    assert (rule in fired(ask(act("US", history=[*SIX, last])))) is fires


def test_a_call_at_this_very_instant_counts_by_hours_as_well() -> None:
    first, *others = [past("2026-05-27T17:00:00Z"), *SIX[1:]]
    assert "US-FREQ-168H" not in fired(ask(act("US", history=[first, *others])))
    assert "US-FREQ-168H" in fired(ask(act("US", history=[first, *others, past(NOW)])))


@pytest.mark.parametrize(
    ("utc", "rules"),
    [
        (WEEK_AGO, set()),
        ("2026-05-27T16:00:01Z", {"US-FREQ-168H"}),
        ("2026-05-28T04:00:00Z", {"US-FREQ-2"}),
        (NOW, {"US-FREQ-2"}),
        ("2026-06-03T16:00:01Z", set()),
    ],
)
def test_after_a_conversation_the_telephone_rests_for_seven_days(utc: str, rules: set[str]) -> None:
    assert fired(ask(act("US", history=[past(utc, outcome="conversation")]))) - {"US-TIME-1"} == rules


@pytest.mark.parametrize(
    ("before", "warned"),
    [
        pytest.param(past(NOW), True, id="a call at this very instant"),
        pytest.param(past("2026-06-03T15:58:00Z", "ai_call"), True, id="a call by a machine"),
        pytest.param(past("2026-06-03T15:58:00Z", "sms", "sent"), False, id="a text"),
        pytest.param(past("2026-06-03T15:58:00Z", outcome="busy"), False, id="a busy line"),
        pytest.param(past("2026-06-03T15:58:00Z", direction="in"), False, id="a call of the person's own"),
        pytest.param(past("2026-06-03T15:58:00Z", recipient="spouse"), False, id="a call to somebody else"),
        pytest.param(past("2026-06-03T16:00:01Z"), False, id="a call to come"),
    ],
)
def test_a_second_call_within_five_minutes_is_worth_a_warning(before: dict[str, Any], warned: bool) -> None:
    assert ("US-FREQ-4" in fired(ask(act("US", history=[before])))) is warned


def test_a_day_that_the_person_named_for_a_call_ends_the_wait_for_it() -> None:
    named = {"type": "call_back", "utc": "2026-06-02T16:00:00Z", "on_date": "2026-06-05", "debt_ids": ["D1"]}
    counted = calls(*[3] * 7, hour=13)
    talked = calls(1, outcome="conversation")
    for history, rule, until in ((counted, "US-FREQ-1", "10"), (talked, "US-FREQ-2", "08")):
        free, earlier = ask(act("US", history=history)), ask(act("US", history=history, consents=[named]))
        assert (free.decided_by, f"{free.until:%d %H:%M}") == (rule, f"{until} 12:00")
        assert (earlier.decided_by, f"{earlier.until:%d %H:%M}") == (rule, "05 12:00")


@pytest.mark.parametrize(
    ("debts", "groups", "apart"),
    [
        (["D1"], {}, [("D1",)]),
        ([], {}, [()]),
        (["D1", "D2"], {}, [("D1",), ("D2",)]),
        (["D1", "D2", "D3"], {"D1": "A", "D2": "A"}, [("D2",), ("D3",)]),
        (["D1", "D2"], {"D1": "A", "D2": "A"}, [("D2",)]),
    ],
)
def test_debts_are_counted_apart_and_those_of_one_account_together(
    debts: list[str], groups: dict[str, str], apart: list[tuple[str, ...]]
) -> None:
    asked = replace(act("US"), debt_ids=tuple(debts), debt_groups=groups)
    assert [each.debt_ids for each in asked.by_debt()] == apart


@pytest.mark.parametrize("debt", ["D1", "D2"])
def test_an_act_about_two_debts_waits_for_the_one_that_is_full(debt: str) -> None:
    history = [each | {"debt_ids": [debt]} for each in calls(*[3] * 7, hour=13)]
    assert ask(act("US", debt_ids=["D1", "D2"], history=history)).decided_by == "US-FREQ-1"


TEXTS = calls(*[3] * 3, channel="sms", outcome="sent", hour=15)


@pytest.mark.parametrize(
    ("history", "decision"),
    [
        pytest.param(TEXTS, "defer", id="three texts of today"),
        pytest.param([*TEXTS, past(NOW, "sms", "received", "in")], "allow", id="an answer at this very instant"),
        pytest.param([past("2026-06-03T14:00:00Z", "sms", "received", "in"), *TEXTS], "defer", id="three since it"),
        pytest.param([past("2026-06-03T15:00:00Z", "sms", "received", "in"), *TEXTS], "allow", id="as it was written"),
        pytest.param([*TEXTS[:2], past("2026-06-03T15:30:00Z", "letter", "sent")], "allow", id="a letter is no text"),
    ],
)
def test_texts_are_counted_since_the_person_last_wrote(history: list[dict[str, Any]], decision: str) -> None:
    assert ask(act("US", channel="sms", history=history)).decision == decision


ROBOTS = calls(5, 15, 25, month=5, channel="prerecorded_call", hour=16)
AGREED = {"type": "tcpa_express", "utc": "2026-05-01T15:00:00Z"}


@pytest.mark.parametrize(
    ("consents", "decision"),
    [
        pytest.param([], "defer", id="no consent"),
        pytest.param([AGREED], "allow", id="a consent"),
        pytest.param([AGREED | {"utc": NOW}], "allow", id="a consent of this very instant"),
        pytest.param([AGREED | {"type": "call_back"}], "defer", id="a consent to something else"),
        pytest.param([AGREED | {"revoked_utc": NOW}], "defer", id="a consent revoked at this very instant"),
        pytest.param([AGREED | {"debt_ids": ["D2"]}], "defer", id="a consent for another debt"),
    ],
)
def test_a_consent_lifts_the_count_of_machines_that_call_at_home(consents: list[dict[str, Any]], decision: str) -> None:
    home = {"channel": "prerecorded_call", "address": {"type": "landline_home"}}
    verdict = ask(act("US", **home, history=ROBOTS, consents=consents))
    assert (verdict.decision, verdict.decided_by) == (decision, "US-TCPA-1" if decision == "defer" else "")


@pytest.mark.parametrize(("most", "hours"), [(0, 24), (3, 0)])
def test_a_cap_of_sales_that_lets_nothing_pass_is_refused(most: int, hours: int) -> None:
    with pytest.raises(InvalidInput, match=r"^a cap needs most and hours of 1 or more$"):
        SalesCap(most=most, hours=hours, counted=VOICE)
    assert SalesCap(most=1, hours=1, counted=VOICE).most == 1


@pytest.mark.parametrize("other", [{"channel": "email", "outcome": "sent"}, {"recipient": "spouse"}])
def test_sales_by_another_medium_or_to_another_person_do_not_count(other: dict[str, Any]) -> None:
    sold = calls(2, 2, purpose="marketing") + calls(2, purpose="marketing", **other)
    asked = act("US-FL", role="creditor", purpose="marketing", at="2026-06-02T17:00:00Z", history=sold)
    assert ask(asked).decision == "allow"
