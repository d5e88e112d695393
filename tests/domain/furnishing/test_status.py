"""What an account's state is in the codes of the bureaus: age, history, first delinquency, disputes."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.furnishing.layouts import HISTORY_CODES
from domain.furnishing.status import (
    PAID,
    RATED,
    Codes,
    DisputeState,
    Previous,
    Severity,
    Standing,
    codes_of,
    compliance_of,
    history_of,
    rating_of,
    stands_after,
    status_of,
)

MONTH = date(2026, 11, 1)
DUE = date(2026, 8, 1)


def standing(**changed: Any) -> Standing:
    values: dict[str, Any] = {"days_past_due": 75, "due_on": DUE, "paid": False} | changed
    return Standing(**values)


def previous(status: str = "71", **changed: Any) -> Previous:
    values: dict[str, Any] = {
        "month": date(2026, 10, 1),
        "rating": "",
        "history": "0" + "B" * 23,
        "compliance": "",
        "first_delinquent_on": None if status == "11" else date(2026, 8, 31),
    } | changed
    return Previous(status=status, **values)


@pytest.mark.parametrize(
    ("days", "status", "rating"),
    [
        (-5, "11", "0"), (0, "11", "0"), (29, "11", "0"), (30, "71", "1"), (59, "71", "1"), (60, "78", "2"),
        (89, "78", "2"), (90, "80", "3"), (119, "80", "3"), (120, "82", "4"), (149, "82", "4"), (150, "83", "5"),
        (179, "83", "5"), (180, "84", "6"), (4000, "84", "6"),
    ],
)  # fmt: skip
def test_age_is_counted_from_thirty_days_on(days: int, status: str, rating: str) -> None:
    assert status_of(standing(days_past_due=days)) == status
    assert rating_of(days) == rating


@pytest.mark.parametrize(
    ("severity", "owed", "paid"),
    [
        (Severity.NONE, "78", "13"),
        (Severity.COLLECTION, "93", "62"),
        (Severity.CHARGED_OFF, "97", "64"),
        (Severity.SURRENDERED, "95", "61"),
        (Severity.REPOSSESSED, "96", "63"),
        (Severity.FORECLOSED, "94", "65"),
    ],
)
def test_what_became_of_an_account_outranks_its_age_and_shows_in_how_it_was_paid(
    severity: Severity, owed: str, paid: str
) -> None:
    assert status_of(standing(severity=severity)) == owed
    assert status_of(standing(severity=severity, paid=True)) == paid
    assert status_of(standing(severity=severity, paid=True, deleted=True)) == "DA"


def test_the_first_month_knows_no_history_and_a_month_that_was_left_out_is_said_to_be_missing() -> None:
    assert history_of(MONTH, None) == "B" * 24
    assert history_of(MONTH, previous()) == "10" + "B" * 22
    assert history_of(date(2027, 1, 1), previous()) == "DD10" + "B" * 20
    assert history_of(date(2030, 1, 1), previous()) == "D" * 24
    with pytest.raises(InvalidInput, match="is not after 2026-10"):
        history_of(date(2026, 10, 1), previous())


@pytest.mark.parametrize(
    ("status", "rating", "sign"),
    [("11", "", "0"), ("84", "", "6"), ("93", "", "G"), ("97", "", "L"), ("13", "2", "2"), ("62", "", "G")],
)
def test_a_month_stands_in_the_history_as_it_was_furnished(status: str, rating: str, sign: str) -> None:
    assert history_of(MONTH, previous(status, rating=rating))[0] == sign


def test_a_paid_account_says_how_late_it_was_before() -> None:
    told = codes_of(standing(paid=True, due_on=None, rating_before="2"), MONTH, previous())
    assert (told.status, told.rating, told.first_delinquent_on) == ("13", "2", date(2026, 8, 31))
    told = codes_of(standing(paid=True, due_on=None, rating_before="0"), MONTH, previous("11"))
    assert (told.status, told.rating, told.first_delinquent_on) == ("13", "0", None)


def test_the_first_delinquency_is_thirty_days_after_the_due_date_and_ends_when_the_account_is_current() -> None:
    first = codes_of(standing(), MONTH, None)
    assert first.first_delinquent_on == DUE + timedelta(days=30)
    current = codes_of(standing(days_past_due=3), MONTH, previous())
    assert (current.status, current.first_delinquent_on) == ("11", None)
    again = codes_of(standing(due_on=date(2026, 10, 1), days_past_due=31), MONTH, previous("11"))
    assert again.first_delinquent_on == date(2026, 10, 31)


MONTHS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.booleans(),
        st.sampled_from([Severity.NONE, Severity.COLLECTION, Severity.CHARGED_OFF]),
        st.sampled_from(DisputeState),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=30,
)


@given(lived=MONTHS)
def test_whatever_happens_month_by_month_codes_fit_each_other_and_nothing_is_aged_anew(lived: list[Any]) -> None:
    month, before = date(2026, 1, 1), None
    for days, paid, severity, dispute, later in lived:
        state = standing(
            days_past_due=days,
            due_on=None if paid else month - timedelta(days=days),
            paid=paid,
            severity=severity,
            dispute=dispute,
            rating_before=rating_of(days, severity),
        )
        told = codes_of(state, month, before)
        assert (told.status in RATED) is bool(told.rating)
        assert len(told.history) == 24
        assert set(told.history) <= HISTORY_CODES
        assert "B" not in told.history.rstrip("B")
        if dispute is DisputeState.OPEN:
            assert told.compliance == "XB"
        if before is not None and before.first_delinquent_on is not None and told.first_delinquent_on is not None:
            assert told.first_delinquent_on == before.first_delinquent_on
        before = _furnished(told, month, before)
        month = (month + timedelta(days=31 * later)).replace(day=1)


def _furnished(told: Codes, month: date, before: Previous | None) -> Previous:
    return Previous(
        month=month,
        status=told.status,
        rating=told.rating,
        history=told.history,
        compliance=stands_after(told.compliance, before.compliance if before else ""),
        first_delinquent_on=told.first_delinquent_on,
    )


def test_a_dispute_is_told_while_it_is_open_and_once_when_it_ends() -> None:
    lived = [
        (DisputeState.NONE, ""),
        (DisputeState.OPEN, "XB"),
        (DisputeState.OPEN, "XB"),
        (DisputeState.RESOLVED, "XH"),
        (DisputeState.RESOLVED, ""),
        (DisputeState.OPEN, "XB"),
        (DisputeState.DISAGREED, "XC"),
        (DisputeState.DISAGREED, ""),
        (DisputeState.OPEN, "XB"),
        (DisputeState.NONE, "XR"),
        (DisputeState.NONE, ""),
        (DisputeState.RESOLVED, ""),
    ]
    stands = ""
    for state, wanted in lived:
        told = compliance_of(state, stands)
        assert told == wanted, (state, stands)
        stands = stands_after(told, stands)


def test_a_paid_status_is_final_and_every_paid_status_is_known() -> None:
    assert {status_of(standing(severity=each, paid=True)) for each in Severity} == PAID
