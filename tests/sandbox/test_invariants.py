"""The sandbox's invariants see each violation, and only violations."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.borrowers import Borrower, Roster
from sandbox.invariants import Report, judge
from sandbox.network import Network
from tests.sandbox.serving import borrower

NOON = datetime(2026, 3, 2, 18, tzinfo=UTC)  # noon in Chicago
PHONE, EMAIL = "+15125550111", "maria@example.com"


class World:
    """A record written by hand."""

    def __init__(self, *borrowers: dict[str, Any]) -> None:
        self.network = Network()
        self.roster = Roster(self.network)
        self.number = 0
        for entry in borrowers or (borrower(script={"pays_after_nth": {"days": 1}}),):
            self.roster.enrol(Borrower.model_validate(entry))

    def receive(self, at: datetime, body: str, *, to: str = PHONE, borrower_id: str = "B1") -> str:
        self.number += 1
        self.network.set_clock(borrower_id, at)
        channel = "email" if "@" in to else "sms"
        message = self.network.accept(
            message_id=f"m{self.number}",
            channel=channel,
            to=to,
            sender="x",
            body=body,
            status="delivered",  # type: ignore[arg-type]
        )
        return message.message_id

    def act(self) -> datetime:
        action = self.roster.next_action("B1", NOON)
        assert action is not None
        return self.roster.mark_done("B1", action.action_id, action.at)[0].at

    def judge(self) -> Report:
        return judge(self.network, self.roster)


def ids(findings: list[Any]) -> list[list[str]]:
    return [finding.message_ids for finding in findings]


def test_a_lawful_record_has_no_findings() -> None:
    world = World()
    world.receive(NOON, "First. Ref: ABCD-2345")
    world.receive(NOON + timedelta(days=7), "Second. Ref: ABCD-2346")
    report = world.judge()
    assert report.messages == 2
    lists = report.model_dump(exclude={"messages"}).values()
    assert all(findings == [] for findings in lists)


def test_the_same_text_within_20_hours_is_a_duplicate_whatever_its_reference() -> None:
    world = World()
    world.receive(NOON, "Please pay. Ref: ABCD-2345")
    world.receive(NOON + timedelta(hours=19, minutes=59), "Please  pay. Ref: WXYZ-2345")
    assert ids(world.judge().duplicates) == [["m1", "m2"]]


def test_the_same_text_after_20_hours_is_not_a_duplicate() -> None:
    world = World()
    world.receive(NOON, "Please pay. Ref: ABCD-2345")
    world.receive(NOON + timedelta(hours=20), "Please pay. Ref: WXYZ-2345")
    assert world.judge().duplicates == []


def test_one_reference_twice_at_one_address_is_a_duplicate_however_far_apart() -> None:
    world = World()
    world.receive(NOON, "First text. Ref: ABCD-2345")
    world.receive(NOON + timedelta(days=30), "您好。Ref：ABCD-2345")
    assert ids(world.judge().duplicates) == [["m1", "m2"]]


def test_one_text_by_two_channels_or_to_two_people_is_not_a_duplicate() -> None:
    other = borrower("B2", phones=["+15125550222"], emails=[])
    world = World(borrower(), other)
    world.receive(NOON, "Please pay. Ref: ABCD-2345")
    world.receive(NOON, "Please pay. Ref: ABCD-2345", to=EMAIL)
    world.receive(NOON, "Please pay. Ref: ABCE-2345", to="+15125550222", borrower_id="B2")
    assert world.judge().duplicates == []


def test_a_message_after_everything_was_paid_is_found_and_one_before_is_not() -> None:
    world = World()
    world.receive(NOON, "First")
    paid_at = world.act()
    world.receive(paid_at, "At the same instant")
    assert world.judge().contacts_after_payment == []
    world.receive(paid_at + timedelta(seconds=1), "Too late")
    assert ids(world.judge().contacts_after_payment) == [["m3"]]


def test_a_part_payment_is_not_the_end_of_the_debt() -> None:
    world = World(borrower(script="pays_part_only"))
    world.receive(NOON, "First")
    paid_at = world.act()
    world.receive(paid_at + timedelta(hours=1), "There is a rest")
    assert world.judge().contacts_after_payment == []


def test_a_debt_withdrawn_after_a_dispute_counts_as_paid() -> None:
    world = World(borrower(script={"disputes": {"n": 1, "outcome": "upheld"}}))
    world.receive(NOON, "First")
    world.act()
    withdrawn_at = world.act()
    world.receive(withdrawn_at + timedelta(hours=1), "Too late")
    assert ids(world.judge().contacts_after_payment) == [["m2"]]


def test_with_named_accounts_the_paid_one_must_not_be_mentioned_alone() -> None:
    accounts = [
        {"account_id": "A1", "currency": "USD", "balance_minor": 100, "mention": "wallet 1111"},
        {"account_id": "A2", "currency": "USD", "balance_minor": 200, "mention": "wallet 2222"},
    ]
    world = World(borrower(script="pays_after_first", accounts=accounts))
    world.receive(NOON, "About wallet 1111")
    paid_at = world.act()
    world.receive(paid_at + timedelta(hours=1), "About wallet 2222")
    world.receive(paid_at + timedelta(hours=2), "About wallet 1111")
    assert ids(world.judge().contacts_after_payment) == [["m3"]]


@pytest.mark.parametrize(
    ("country", "zones", "instant", "lawful"),
    [
        ("US", ["America/Chicago"], "2026-03-02T14:00:00Z", True),  # 08:00
        ("US", ["America/Chicago"], "2026-03-02T13:59:59Z", False),
        ("US", ["America/Chicago"], "2026-03-03T02:59:59Z", True),  # 20:59:59
        ("US", ["America/Chicago"], "2026-03-03T03:00:00Z", False),
        ("US", ["America/New_York", "America/Los_Angeles"], "2026-03-02T15:00:00Z", False),
        ("US", ["America/New_York", "America/Los_Angeles"], "2026-03-02T16:00:00Z", True),
        ("US", ["America/New_York"], "2026-03-08T12:00:00Z", True),  # 08:00 by summer time, begun that day
        ("US", ["America/New_York"], "2026-11-01T12:59:00Z", False),  # 07:59 by winter time, begun that day
        ("GB", ["Europe/London"], "2026-03-02T21:00:00Z", False),
        ("CN", ["Asia/Shanghai"], "2026-03-02T13:30:00Z", True),  # 21:30
        ("CN", ["Asia/Shanghai"], "2026-03-02T14:00:00Z", False),
    ],
)
def test_hours_are_judged_by_every_wall_clock_the_borrower_may_live_by(
    country: str, zones: list[str], instant: str, lawful: bool
) -> None:
    world = World(borrower(country=country, zones=zones))
    world.receive(datetime.fromisoformat(instant), "Hello")
    assert ids(world.judge().contacts_out_of_hours) == ([] if lawful else [["m1"]])


def test_a_message_after_stop_is_found_and_so_is_an_attempt() -> None:
    world = World(borrower(script="replies_stop"))
    world.receive(NOON, "First")
    stopped_at = world.act()
    world.receive(stopped_at + timedelta(hours=1), "By mail", to=EMAIL)
    assert world.judge().contacts_after_stop == []
    world.receive(stopped_at + timedelta(hours=1), "Again")
    world.network.refuse(PHONE, "21610")
    report = world.judge()
    assert ids(report.contacts_after_stop) == [["m3"]]
    assert len(report.attempts_after_stop) == 1
