"""Data requests: by when they are answered, and what is kept although its erasure is asked for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.compliance.requests import Retention
from tests.domain.compliance.worked import PROFILES, act, ask, barring

REQUEST: dict[str, Any] = {"kind": "dsr", "channel": "dsr", "purpose": "data_subject_request", "role": "creditor"}


def request(where: str, on: str, **flags: Any) -> Any:
    return ask(where, **REQUEST, on=on, flags=flags)


@pytest.mark.parametrize("where", ["EU", "UK"])
@pytest.mark.parametrize(
    ("on", "due", "extended"),
    [
        ("2026-01-31", "2026-02-28", "2026-04-30"),
        ("2028-01-31", "2028-02-29", "2028-04-30"),
        ("2026-11-30", "2026-12-30", "2027-02-28"),
    ],
)
def test_an_answer_is_due_in_a_month_and_in_three_with_notice(where: str, on: str, due: str, extended: str) -> None:
    assert dict(request(where, on, request="access").computed) == {"due": due, "extended_due": extended}


def test_in_california_the_day_of_receipt_is_the_first() -> None:
    computed = dict(request("US-CA", "2026-01-31", request="delete").computed)
    assert computed["respond_by"] == "2026-03-16"
    assert computed["max_by"] == "2026-04-30"
    assert computed["confirm_by"] == "2026-02-13"


def test_an_opt_out_of_sale_is_obeyed_within_fifteen_business_days() -> None:
    computed = dict(request("US-CA", "2026-06-01", request="opt_out_of_sale").computed)
    assert computed == {"respond_by": "2026-06-23"}


def test_in_china_the_number_of_days_is_ours() -> None:
    computed = dict(request("CN", "2026-06-01", request="access").computed)
    assert computed == {"sla": "15 business days (policy)", "due": "2026-06-23"}


@pytest.mark.parametrize(("where", "due"), [("IN", "2026-08-30"), ("ID", "2026-06-04"), ("SG", "2026-07-01")])
def test_elsewhere_days_run_from_receipt(where: str, due: str) -> None:
    assert dict(request(where, "2026-06-01", request="access").computed) == {"due": due}


@pytest.mark.parametrize(
    ("where", "rule"),
    [
        ("EU", "EU-GDPR-17"),
        ("UK", "EU-GDPR-17"),
        ("CN", "CN-PIPL-47"),
        ("US-CA", "US-CCPA-1"),
        ("IN", "IN-DPDP-1"),
        ("ID", "ID-PDP-1"),
        ("SG", "SG-PDPA-1"),
    ],
)
@pytest.mark.parametrize("word", ["erasure", "delete"])
def test_an_open_claim_and_a_legal_duty_restrict_instead_of_erasing(where: str, rule: str, word: str) -> None:
    live = request(where, "2026-06-01", request=word, open_debt=True)
    kept = request(where, "2026-06-01", request=word, retention_until="2026-06-01")
    free = request(where, "2026-06-02", request=word, retention_until="2026-06-01", open_debt=False)
    for refused in (live, kept):
        assert rule in barring(refused)
        assert dict(refused.computed)["action"] == "restrict_and_explain"
    assert dict(kept.computed)["delete_on"] == "2026-06-02"
    assert free.decision == "allow"
    assert "action" not in dict(free.computed)


@pytest.mark.parametrize(
    ("where", "rule", "flags", "purge"),
    [
        ("US", "US-RET-1", {"record": "call_recording", "record_date": "2024-01-15"}, "2027-01-16"),
        ("US", "US-RET-1", {"record": "call_recording", "record_date": "2024-02-29"}, "2027-03-02"),
        (
            "US",
            "US-RET-1",
            {"record": "call_recording", "record_date": "2023-01-01", "last_activity": "2026-05-01"},
            "2026-01-02",
        ),
        (
            "US",
            "US-RET-1",
            {"record": "evidence", "record_date": "2020-01-01", "last_activity": "2025-05-01"},
            "2028-05-02",
        ),
        ("CN", "CN-PIPL-47", {"record": "customer_identification", "record_date": "2020-03-01"}, "2030-03-02"),
        ("CN", "CN-PIPL-47", {"record": "collection", "last_activity": "2020-03-01"}, "2025-03-02"),
        ("UK", "EU-GDPR-17", {"record": "case", "last_activity": "2020-02-29"}, "2027-03-02"),
        ("EU", "EU-GDPR-17", {"record": "case", "last_activity": "2020-03-01"}, "2027-03-02"),
        (
            "US",
            "US-RET-1",
            {"record": "evidence", "last_activity": "2020-01-01", "retention_until": "2029-01-01"},
            "2029-01-02",
        ),
    ],
)
def test_a_record_goes_on_the_day_after_its_anniversary_and_no_earlier(
    where: str, rule: str, flags: dict[str, Any], purge: str
) -> None:
    before = request(where, _day_before(purge), request="purge", **flags)
    after = request(where, purge, request="purge", **flags)
    assert rule in barring(before)
    assert dict(before.computed)["earliest_purge"] == purge
    assert after.decision == "allow"


def test_a_record_without_a_date_is_not_purged() -> None:
    assert "US-RET-1" in barring(request("US", "2026-06-01", request="purge", record="call_recording"))


@given(st.dates(), st.dates(), st.integers(1, 30))
def test_a_later_activity_never_brings_the_purge_forward(one: Any, other: Any, years: int) -> None:
    terms = Retention(years=years, from_record_date={})
    rule = next(each for each in PROFILES["US"].rules if each.id == "US-RET-1")
    early, late = sorted(each.replace(year=2000 + each.year % 60, day=min(each.day, 28)) for each in (one, other))

    def purge(last: Any) -> Any:
        asked = act("US", **REQUEST, flags={"request": "purge", "last_activity": last.isoformat()})
        return dict(terms.computed(rule, asked))["earliest_purge"]

    assert early.isoformat() < purge(early) <= purge(late)


def _day_before(text: str) -> str:
    from datetime import date, timedelta

    return (date.fromisoformat(text) - timedelta(days=1)).isoformat()
