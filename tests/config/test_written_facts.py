"""Facts as people write them: dates for instants and the other way round, one item for a list."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from config.written_facts import as_written
from domain.compliance.facts import Address
from domain.compliance.flags import BreathingSpace, Flags

ZONE = "America/New_York"
FIRST_OF_DAY = datetime(2026, 6, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"validation_end": "2026-06-01"}, {"validation_end": date(2026, 6, 1)}),
        ({"validation_end": "2026-06-02T03:59:59Z"}, {"validation_end": date(2026, 6, 1)}),
        (
            {"cease": {"received_utc": "2026-06-01T10:00:00Z"}},
            {"cease": {"received_at": FIRST_OF_DAY.replace(hour=10)}},
        ),
        ({"cease": {"received_utc": "2026-06-01T10:00:00"}}, {"cease": {"received_at": FIRST_OF_DAY.replace(hour=10)}}),
        ({"cease": {"received_utc": "2026-06-01", "sent": None}}, {"cease": {"received_at": FIRST_OF_DAY}}),
        ({"cease": False, "attorney": None}, {}),
        ({"pre_notice_sent": "2026-06-01"}, {"pre_notice_sent": True}),
        ({"paid": "2026-06-01T10:00:00Z", "deceased": False}, {"paid": True, "deceased": False}),
        ({"opted_out": "sms", "missing_fields": ["interest"]}, {"opted_out": ("sms",), "missing_fields": ["interest"]}),
        (
            {"approvers": {"case_owner": "u1"}, "venue": "2026-06-01"},
            {"approvers": {"case_owner": "u1"}, "venue": "2026-06-01"},
        ),
        ({"nobody_knows": "2026-06-01"}, {"nobody_knows": "2026-06-01"}),
        ({"paid": "perhaps", "notice_sent": "soon"}, {"paid": "perhaps", "notice_sent": "soon"}),
    ],
)
def test_a_fact_takes_the_shape_of_its_field(written: dict[str, Any], read: dict[str, Any]) -> None:
    assert as_written(written, Flags, ZONE) == read


def test_the_dates_of_an_address_are_those_of_the_persons_calendar() -> None:
    written = {"type": "public_email", "notice_sent": "2026-06-02T03:00:00Z", "optout_by": "2026-07-06"}
    assert as_written(written, Address, ZONE) == {
        "type": "public_email",
        "notice_sent": date(2026, 6, 1),
        "optout_by": date(2026, 7, 6),
    }


def test_a_word_of_the_law_is_the_fact_that_the_core_calls_otherwise() -> None:
    read = as_written({"last_collection_activity": "2026-06-01"}, Flags, ZONE)
    assert read == {"last_activity": date(2026, 6, 1)}
    assert as_written({"debts": ["D1"]}, BreathingSpace, ZONE) == {"debt_ids": ["D1"]}
