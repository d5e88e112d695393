"""Costs, plans, credit bureaus and validation notices: at the number and just past it."""

from decimal import Decimal
from typing import Any

import pytest

from domain.compliance.amounts import CostCap
from domain.errors import InvalidInput
from tests.domain.compliance.worked import ask, barring

FURNISH: dict[str, Any] = {"kind": "calc", "channel": "credit_report", "purpose": "furnish"}
SPOKE = {"utc": "2026-05-01T15:00:00Z", "channel": "call", "dir": "out", "outcome": "conversation", "debt_ids": ["D1"]}


@pytest.mark.parametrize(
    ("flags", "denied"),
    [
        ({"claimed_apr": 0.24}, False),
        ({"claimed_apr": 0.2401}, True),
        ({"claimed_apr": 0.3, "apr_cap": 0.36}, False),
        ({"claimed_apr": 0.121, "apr_cap": 0.12}, True),
        ({}, False),
    ],
)
def test_a_claim_above_the_cap_on_cost_is_denied(flags: dict[str, Any], denied: bool) -> None:
    verdict = ask("CN", kind="contact", role="creditor", channel="call", flags=flags)
    assert ("CN-RATE-1" in barring(verdict)) is denied


def test_a_cap_that_is_no_rate_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"write 24 % as 0\.24"):
        CostCap(most=Decimal(24))


@pytest.mark.parametrize(("months", "denied"), [(60, False), (61, True)])
def test_a_plan_is_five_years_at_most(months: int, denied: bool) -> None:
    flags = {"plan_months": months, "product": "credit_card"}
    verdict = ask("CN", kind="calc", role="creditor", channel="plan_offer", flags=flags)
    assert ("CN-PLAN-2" in barring(verdict)) is denied


@pytest.mark.parametrize(("performing", "denied"), [(True, True), (False, False), (None, False)])
def test_collection_rests_while_a_plan_is_performed(performing: bool | None, denied: bool) -> None:
    verdict = ask("CN", kind="contact", role="creditor", channel="call", flags={"plan": {"performing": performing}})
    assert ("CN-PLAN-1" in barring(verdict)) is denied


@pytest.mark.parametrize(("told", "denied"), [(True, False), (False, True), (None, True)])
def test_negative_information_is_reported_after_notice_only(told: bool | None, denied: bool) -> None:
    verdict = ask("CN", **FURNISH, role="creditor", flags={"pre_notice_sent": told})
    assert ("CN-CREDIT-1" in barring(verdict)) is denied


@pytest.mark.parametrize(
    ("at", "flags", "decision"),
    [
        ("2026-05-25T04:00:00Z", {"notice_sent": "2026-05-11"}, "allow"),
        ("2026-05-25T03:59:59Z", {"notice_sent": "2026-05-11"}, "defer"),
        ("2026-05-20T14:00:00Z", {"notice_sent": "2026-05-01", "undeliverable": "2026-05-10"}, "deny"),
        ("2026-05-20T14:00:00Z", {"notice_sent": "2026-05-01", "undeliverable": "2026-05-14"}, "deny"),
        ("2026-05-20T14:00:00Z", {"notice_sent": "2026-05-01", "undeliverable": "2026-05-15"}, "allow"),
        ("2026-05-20T14:00:00Z", {"notice_sent": "2026-05-12", "undeliverable": "2026-05-10"}, "defer"),
        ("2026-05-20T14:00:00Z", {}, "deny"),
    ],
)
def test_a_bureau_hears_after_a_notice_and_fourteen_days_without_a_bounce(
    at: str, flags: dict[str, Any], decision: str
) -> None:
    verdict = ask("US", **FURNISH, proposed_utc=at, flags=flags)
    assert verdict.decision == decision
    assert ("US-CRED-1" in barring(verdict)) is (decision != "allow")
    if decision == "defer" and flags["notice_sent"] == "2026-05-11":
        assert verdict.until is not None
        assert verdict.until.isoformat() == "2026-05-25T04:00:00+00:00"


@pytest.mark.parametrize(("debts", "denied"), [(["D1"], False), (["D2"], True)])
def test_a_conversation_about_the_debt_stands_for_the_notice(debts: list[str], denied: bool) -> None:
    verdict = ask("US", **FURNISH, history=[SPOKE | {"debt_ids": debts}])
    assert ("US-CRED-1" in barring(verdict)) is denied


@pytest.mark.parametrize(("at", "decision"), [("2026-05-26T03:59:59Z", "defer"), ("2026-05-26T04:00:00Z", "allow")])
def test_a_notice_that_came_back_is_mended_by_a_later_one(at: str, decision: str) -> None:
    again = SPOKE | {
        "utc": "2026-05-12T15:00:00Z",
        "channel": "email",
        "outcome": "sent",
        "purpose": "validation_notice",
    }
    flags = {"notice_sent": "2026-05-01", "undeliverable": "2026-05-10"}
    assert ask("US", **FURNISH, proposed_utc=at, history=[again], flags=flags).decision == decision


def test_a_conversation_with_somebody_else_does_not() -> None:
    assert "US-CRED-1" in barring(ask("US", **FURNISH, history=[SPOKE | {"recipient": "third_party"}]))


@pytest.mark.parametrize(
    ("on", "received", "ends"),
    [
        ("2026-06-01", "2026-06-08", "2026-07-08"),
        ("2026-06-15", "2026-06-23", "2026-07-23"),
        ("2026-06-30", "2026-07-08", "2026-08-07"),
        ("2026-11-20", "2026-11-30", "2026-12-30"),
        ("2026-12-24", "2027-01-04", "2027-02-03"),
        ("2027-06-30", "2027-07-08", "2027-08-07"),
    ],
)
def test_a_validation_notice_tells_when_its_period_ends(on: str, received: str, ends: str) -> None:
    verdict = ask("US", kind="calc", channel="letter", purpose="validation_notice", on=on)
    assert dict(verdict.computed) == {"assumed_receipt": received, "validation_end": ends}


@pytest.mark.parametrize(("paid", "denied"), [(True, True), (False, False)])
def test_a_paid_debt_is_not_placed(paid: bool, denied: bool) -> None:
    verdict = ask("US", kind="legal_action", channel="legal_referral", flags={"paid": paid})
    assert ("US-SALE-1" in barring(verdict)) is denied
