"""Payloads in one short line, whatever they are."""

import pytest

from console.story import brief

STEP = {
    "at": "2027-01-05T15:00:00Z",
    "why": "it is due",
    "action": {"kind": "contact", "touch_key": "reminder/first"},
    "dpd_bucket": "1-30",
}
FACT = {"kind": "ledger_changed", "event_id": "E-1", "at": "2027-01-05T15:00:00Z", "balance_minor": 0}

REQUEST = {"account_id": "A-1", "strategy": "s", "clock": "real", "campaign_id": "c", "carried": {"case": {}}}
NEXT = "next reminder/first at 2027-01-05 15:00: it is due"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, ""),
        ("campaign-1", "campaign-1"),
        (STEP, NEXT),
        (STEP | {"action": {"kind": "rest"}}, "next rest at 2027-01-05 15:00: it is due"),
        (FACT, "ledger_changed (balance_minor 0)"),
        ({"event": FACT, "next": STEP}, f"ledger_changed (balance_minor 0); {NEXT}"),
        ({"event": None, "next": STEP}, f"nothing was done; {NEXT}"),
        ({"case": None, "step": None, "why": "nothing is overdue"}, "nothing is overdue"),
        ({"case_id": "A-1-1", "close_reason": "paid", "why": "nothing is owed"}, "paid: nothing is owed"),
        (REQUEST, "collect A-1 by s, campaign c, real clock"),
        ({"enrolled": 3, "excluded": 0, "last_account_id": None}, "enrolled 3, excluded 0"),
    ],
)
def test_a_payload_is_told_in_a_line(value: object, told: str) -> None:
    assert brief(value) == told


def test_a_long_payload_is_cut() -> None:
    assert len(brief("x" * 1_000)) == 300
    assert brief("x" * 1_000).endswith("…")
