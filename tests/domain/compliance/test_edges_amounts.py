"""Rates, notices, credit bureaus and data requests: what is computed and decided at the very edge."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.compliance.amounts import CostCap, ValidationPeriod
from domain.errors import InvalidInput
from tests.domain.compliance.test_amounts import FURNISH, SPOKE
from tests.domain.compliance.test_requests import REQUEST, request
from tests.domain.compliance.worked import PROFILES, act, ask


@pytest.mark.parametrize("rate", ["0.0001", "0.24", "1", "9.99"])
def test_a_yearly_rate_below_a_thousand_percent_is_a_cap(rate: str) -> None:
    assert CostCap(most=Decimal(rate)).most == Decimal(rate)


@pytest.mark.parametrize("rate", ["-0.24", "0", "10", "24"])
def test_a_cap_of_nothing_or_of_a_thousand_percent_is_refused(rate: str) -> None:
    with pytest.raises(InvalidInput):
        CostCap(most=Decimal(rate))


@pytest.mark.parametrize(
    ("given", "decision"),
    [
        pytest.param({"flags": {"notice_sent": "2026-05-01", "undeliverable": "2026-05-01"}}, "deny", id="same day"),
        pytest.param(
            {"history": [SPOKE | {"channel": "visit", "outcome": "met"}]}, "allow", id="who was met was spoken to"
        ),
        pytest.param({"history": [SPOKE | {"channel": "visit", "outcome": "sent"}]}, "deny", id="nobody was met"),
        pytest.param(
            {
                "history": [
                    SPOKE | {"channel": "letter", "outcome": "sent", "purpose": "validation_notice", "debt_ids": ["D2"]}
                ]
            },
            "deny",
            id="the notice was about another debt",
        ),
        pytest.param(
            {"history": [SPOKE | {"channel": "letter", "outcome": "sent", "purpose": "validation_notice"}]},
            "allow",
            id="the notice was about this debt",
        ),
    ],
)
def test_a_bureau_hears_nothing_before_the_consumer_does(given: dict[str, Any], decision: str) -> None:
    assert ask("US", **FURNISH, proposed_utc="2026-05-20T14:00:00Z", **given).decision == decision


def test_the_days_of_a_validation_period_are_those_of_the_rule() -> None:
    rule = next(each for each in PROFILES["US"].rules if isinstance(each.terms, ValidationPeriod))
    asked = act("US", kind="calc", channel="letter", purpose="validation_notice", on="2026-06-01")
    terms = ValidationPeriod(holidays=frozenset({date(2026, 6, 2)}), business_days=2, days=10)
    assert dict(terms.computed(rule, asked)) == {"assumed_receipt": "2026-06-04", "validation_end": "2026-06-14"}


@pytest.mark.parametrize("where", ["EU", "UK", "US", "US-CA", "CN", "IN", "ID", "SG"])
def test_a_purge_is_no_request_that_is_answered_by_a_day(where: str) -> None:
    computed = dict(request(where, "2026-06-01", request="purge", record="case", last_activity="2020-03-01").computed)
    assert set(computed) <= {"earliest_purge"}


@pytest.mark.parametrize("where", ["EU", "UK", "US-CA", "CN", "IN", "ID", "SG"])
def test_where_nothing_is_asked_for_nothing_is_due(where: str) -> None:
    assert ask(where, **REQUEST, on="2026-06-01", flags={}).computed == ()


@pytest.mark.parametrize("where", ["EU", "UK", "US-CA", "CN"])
def test_who_asks_to_see_a_record_is_not_told_when_it_is_purged(where: str) -> None:
    computed = dict(request(where, "2026-06-01", request="access", record="case", last_activity="2020-03-01").computed)
    assert "earliest_purge" not in computed


def test_a_holiday_is_no_business_day_of_a_confirmation() -> None:
    computed = dict(request("US-CA", "2026-06-15", request="delete").computed)
    assert computed["confirm_by"] == "2026-06-30", "the 19th of June is a holiday"
