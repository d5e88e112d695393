"""A suit passes with everything in order, and each thing out of order stops it by its own rule."""

from typing import Any

import pytest

from tests.domain.compliance.worked import ask, barring

READY: dict[str, Any] = {
    "approvals": ["case_owner", "legal_counsel", "compliance"],
    "approvers": {"case_owner": "u1", "legal_counsel": "u2", "compliance": "u3"},
    "amount_verified": True,
    "contract_evidence": True,
    "limitation_checked": True,
    "holds_clear": True,
    "venue": "consumer_residence",
    "letter_of_claim": "2026-03-01",
}
SUE: dict[str, Any] = {"kind": "legal_action", "channel": "legal_action", "purpose": "file_suit"}
PLACES = ("US", "UK", "CN", "EU", "IN", "ID", "SG")


def sue(where: str = "US", *, without: str = "", **flags: Any) -> Any:
    known = {name: value for name, value in (READY | flags).items() if name != without}
    return ask(where, **SUE, flags=known)


@pytest.mark.parametrize("where", PLACES)
def test_a_suit_with_everything_in_order_is_allowed(where: str) -> None:
    assert sue(where).decision == "allow"


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize(
    "lacking", ["approvals", "amount_verified", "contract_evidence", "limitation_checked", "holds_clear"]
)
def test_what_is_not_known_to_be_done_is_not_done(where: str, lacking: str) -> None:
    verdict = sue(where, without=lacking)
    assert verdict.decision == "deny"
    assert "LA-APPROVE-1" in barring(verdict)


@pytest.mark.parametrize(
    "flags",
    [
        {"approvals": ["case_owner", "legal_counsel"]},
        {"approvers": {"case_owner": "u1", "legal_counsel": "u1", "compliance": "u2"}},
        {"approvers": {"case_owner": "u1", "legal_counsel": "u2"}},
        {"amount_verified": False},
        {"automated_only": True},
        {"time_barred": True},
        {"bankrupt": {"stage": "stay"}},
        {"deceased": True},
        {"attorney": {"known": True}},
        {"dispute": {"received_utc": "2026-06-01T10:00:00Z", "in_writing": True, "verified": False}},
        {"mental_capacity_concern": True},
        {"breathing_space": {"type": "standard", "start": "2026-06-01", "days": 60}},
        {"breathing_space": {"type": "mental_health", "start": "2026-01-01"}},
        {"breathing_space": {"type": "mental_health", "start": "2026-01-01", "treatment_ended": "2026-05-05"}},
        {"debt_advice_hold": {"start": "2026-06-01", "days": 30}},
        {"plan": {"performing": True}},
        {"approved_utc": "2026-05-05T16:00:00Z"},
    ],
)
def test_each_thing_out_of_order_stops_the_suit(flags: dict[str, Any]) -> None:
    verdict = sue(**flags)
    assert verdict.decision == "deny"
    assert "LA-APPROVE-1" in barring(verdict)


@pytest.mark.parametrize(
    "flags",
    [
        {"automated_only": True, "human_review": True},
        {"attorney": {"known": True, "debt_ids": ["D9"]}},
        {"dispute": {"resolved": True}},
        {"breathing_space": {"type": "standard", "start": "2026-04-05", "days": 60}},
        {"breathing_space": {"type": "mental_health", "start": "2026-01-01", "treatment_ended": "2026-05-04"}},
        {"debt_advice_hold": {"start": "2026-05-05", "days": 30}},
        {"plan": {"performing": False}},
        {"approved_utc": "2026-05-05T16:00:01Z"},
    ],
)
def test_what_is_over_stops_nothing(flags: dict[str, Any]) -> None:
    assert "LA-APPROVE-1" not in barring(sue(**flags))


def test_a_running_validation_period_wants_a_human_to_look_at_the_papers() -> None:
    assert "HUMAN_REVIEW" in sue(validation_end="2026-06-04").warnings
    assert "HUMAN_REVIEW" not in sue(validation_end="2026-06-03").warnings


@pytest.mark.parametrize(
    ("venue", "denied"),
    [
        ("consumer_residence", False),
        ("where_signed", False),
        ("collector_county", True),
        ("collector_residence", True),
        (None, True),
    ],
)
def test_a_suit_goes_where_the_consumer_lives_or_signed(venue: str | None, denied: bool) -> None:
    assert ("US-VENUE-1" in barring(sue(venue=venue))) is denied


@pytest.mark.parametrize(("venue", "denied"), [("被告住所地", False), ("原告住所地", True), ("lender_office", True)])
def test_a_suit_in_china_goes_to_the_defendants_domicile_or_the_place_of_performance(venue: str, denied: bool) -> None:
    assert ("LA-APPROVE-1" in barring(sue("CN", venue=venue))) is denied


def test_a_time_barred_claim_is_not_sued_upon_whoever_approved() -> None:
    assert "US-TBD-1" in barring(sue(time_barred=True))
    assert "UK-SB-1" in barring(sue("UK", time_barred=True))
    assert "CN-SOL-1" in barring(sue("CN", time_barred=True))


@pytest.mark.parametrize(
    ("where", "rule", "default", "interruption", "denied"),
    [
        ("CN", "CN-SOL-1", "2023-06-04", None, False),
        ("CN", "CN-SOL-1", "2023-06-03", None, True),
        ("CN", "CN-SOL-1", "2020-01-01", "2023-06-04", False),
        ("UK", "UK-SB-1", "2020-06-04", None, False),
        ("UK", "UK-SB-1", "2020-06-03", None, True),
    ],
)
def test_the_years_to_sue_run_from_default_or_interruption(
    where: str, rule: str, default: str, interruption: str | None, denied: bool
) -> None:
    verdict = sue(where, default_date=default, interruption=interruption)
    assert (rule in barring(verdict)) is denied


def test_a_claim_whose_years_are_over_may_still_be_mentioned_neutrally() -> None:
    verdict = ask("CN", kind="contact", role="creditor", channel="letter", flags={"default_date": "2020-01-01"})
    assert verdict.decision == "allow"
    assert "CN-SOL-1" in verdict.warnings


@pytest.mark.parametrize(
    ("letter", "decision", "until"),
    [
        ("2026-05-04", "allow", None),
        ("2026-05-05", "defer", "2026-06-04T23:00:00+00:00"),
        ("2026-06-01", "defer", "2026-07-01T23:00:00+00:00"),
        (None, "deny", None),
    ],
)
def test_a_letter_of_claim_gives_thirty_days(letter: str | None, decision: str, until: str | None) -> None:
    verdict = sue("UK", letter_of_claim=letter)
    assert verdict.decision == decision
    assert (verdict.until.isoformat() if verdict.until else None) == until
    assert ("UK-LEGAL-1" in barring(verdict)) is (decision != "allow")


@pytest.mark.parametrize(("where", "rule"), [("EU", "EU-GDPR-22"), ("UK", "EU-GDPR-22"), ("CN", "CN-PIPL-24")])
def test_a_machine_alone_refers_nobody_to_court(where: str, rule: str) -> None:
    given: dict[str, Any] = {"kind": "legal_action", "channel": "legal_referral", "role": "creditor"}
    assert rule in barring(ask(where, **given, flags={"automated_only": True, "human_review": False}))
    assert rule not in barring(ask(where, **given, flags={"automated_only": True, "human_review": True}))


@pytest.mark.parametrize(("refused", "denied"), [(True, True), (False, False), (None, False)])
def test_no_demand_follows_a_refusal_because_of_age(refused: bool | None, denied: bool) -> None:
    flags = {"time_barred": True, "customer_refused_statute_barred": refused}
    assert ("UK-SB-1" in barring(ask("UK", kind="contact", channel="letter", flags=flags))) is denied
