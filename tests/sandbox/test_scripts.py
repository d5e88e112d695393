"""Borrowers act by their script, from what they received, and the same way every time."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.borrowers import Borrower, Roster, UnknownAction
from sandbox.network import Network
from sandbox.presets import PRESETS, UnknownScript, build_script
from tests.sandbox.serving import borrower

START = datetime(2026, 3, 2, 16, tzinfo=UTC)
DAY = timedelta(days=1)
PHONE, EMAIL = "+15125550111", "maria@example.com"


class Story:
    """One borrower who receives a message a day until his script has nothing left to do."""

    def __init__(self, script: Any, **changes: Any) -> None:
        self.network = Network()
        self.roster = Roster(self.network)
        self.roster.enrol(Borrower.model_validate(borrower(script=script, **changes)))
        self.now = START
        self.network.set_clock("B1", START)
        self.count = 0

    def receive(self, channel: str = "sms", body: str = "Hello") -> None:
        self.count += 1
        to = PHONE if channel == "sms" else EMAIL
        self.network.accept(
            message_id=f"m{self.count}",
            channel=channel,
            to=to,
            sender="x",
            body=body,
            status="queued",  # type: ignore[arg-type]
        )

    def play(self, channels: Iterable[str], until: timedelta = 200 * DAY) -> list[tuple[str, float, int]]:
        """Each day a message, in between every deed that is due: kind, days since the start, amount."""
        deeds = []
        todo = list(channels)
        while self.now < START + until:
            self.network.set_clock("B1", self.now)
            if todo:
                self.receive(todo.pop(0))
            tomorrow = self.now + DAY
            while (action := self.roster.next_action("B1", self.now)) and action.at < tomorrow:
                self.roster.mark_done("B1", action.action_id, action.at)
                deeds.append((action.kind, (action.at - START) / DAY, action.amount_minor))
            self.now = tomorrow
        return deeds


SMS8 = ["sms"] * 8
HOUR = 1 / 24


@pytest.mark.parametrize(
    ("script", "channels", "deeds"),
    [
        ("pays_after_first", SMS8, [("payment", 2, 10_000)]),
        ({"pays_after_nth": {"n": 4, "days": 2}}, SMS8, [("payment", 5, 10_000)]),
        ("pays_after_second_sms", ["email", "sms", "email", "sms"], [("payment", 5, 10_000)]),
        ("pays_after_offer", SMS8, [("payment", 5, 10_000)]),
        ("pays_late_at_legal", SMS8, [("payment", 10, 10_000)]),
        ("pays_part_only", SMS8, [("payment", 2, 4_000)]),
        ("pays_part_then_rest", SMS8, [("payment", 2, 4_000), ("payment", 12, 6_000)]),
        ("disputes", SMS8, [("dispute", 3, 0), ("resolve_dispute", 17, 0)]),
        (
            {"disputes": {"pays_days": 3}},
            SMS8,
            [("dispute", 3, 0), ("resolve_dispute", 17, 0), ("payment", 20, 10_000)],
        ),
        ({"disputes": {"outcome": "upheld"}}, SMS8, [("dispute", 3, 0), ("resolve_dispute", 17, 0)]),
        ("promises_and_keeps", SMS8, [("promise", 3, 10_000), ("payment", 8, 10_000)]),
        ("promises_and_breaks", SMS8, [("promise", 3, 10_000)]),
        (
            "accepts_plan_and_keeps",
            SMS8,
            [("ask_plan", 5, 0), ("accept_plan", 5 + HOUR, 0)]
            + [("payment", day + HOUR, cents) for day, cents in ((6, 3_333), (36, 3_333), (66, 3_334))],
        ),
        (
            "accepts_plan_and_defaults",
            SMS8,
            [("ask_plan", 5, 0), ("accept_plan", 5 + HOUR, 0), ("payment", 6 + HOUR, 3_333)],
        ),
        (
            {"accepts_plan_and_defaults": {"paid": 0}},
            SMS8,
            [("ask_plan", 5, 0), ("accept_plan", 5 + HOUR, 0)],
        ),
        ({"writes": {"words": "paid", "hours": 24, "pays_days": 2}}, SMS8, [("reply", 1, 0), ("payment", 3, 10_000)]),
        ({"writes": {"words": "enough", "hours": 24}}, SMS8, [("stop_reply", 1, 0)]),
        ("never_answers", SMS8, []),
        ("landline", SMS8, []),
        ("mailbox_bounces", ["email"] * 8, []),
        ({"landline": {"then": "pays_after_first"}}, ["sms", "email"], [("payment", 3, 10_000)]),
        ({"mailbox_bounces": {"then": "pays_after_first"}}, ["email", "sms"], [("payment", 3, 10_000)]),
    ],
)
def test_each_script_acts_when_it_says(script: Any, channels: list[str], deeds: list[tuple[str, float, int]]) -> None:
    assert Story(script).play(channels) == deeds


@pytest.mark.parametrize(("script", "kind"), [("replies_stop", "stop_reply"), ("replies_with_question", "reply")])
def test_a_reply_comes_by_text_from_the_number_that_was_written_to(script: str, kind: str) -> None:
    story = Story(script)
    story.receive("email")
    assert story.roster.next_action("B1", START) is None
    story.receive("sms")
    story.receive("sms")
    action = story.roster.next_action("B1", START)
    assert action is not None
    assert (action.kind, action.channel, action.address) == (kind, "sms", PHONE)
    assert action.text


def test_paying_before_the_first_message_needs_only_a_clock() -> None:
    action = Story("pays_before_first_message").roster.next_action("B1", START)
    assert action is not None
    assert (action.kind, action.at) == ("payment", START + timedelta(hours=1))


def test_an_action_whose_time_has_passed_is_due_at_once() -> None:
    story = Story("promises_and_keeps")
    for _ in range(3):
        story.receive()
    late = START + 30 * DAY
    action = story.roster.next_action("B1", late)
    assert action is not None
    assert (action.at, action.pays_at) == (late, late + 5 * DAY)


def test_an_action_marked_twice_happens_once() -> None:
    story = Story("pays_part_then_rest")
    story.receive()
    action = story.roster.next_action("B1", START)
    assert action is not None
    first = story.roster.mark_done("B1", action.action_id)
    second = story.roster.mark_done("B1", action.action_id)
    assert (first[1], second[1]) == (True, False)
    assert first[0] == second[0]
    assert story.roster.balances("B1") == {"A1": 6_000}


def test_an_action_that_is_not_open_cannot_be_done() -> None:
    with pytest.raises(UnknownAction):
        Story("pays_after_first").roster.mark_done("B1", "B1:A1:0")


def test_a_stop_reply_closes_the_number() -> None:
    story = Story("replies_stop")
    story.play(["sms"], until=2 * DAY)
    assert story.network.stopped_at(PHONE) == START + timedelta(hours=1)


def test_each_account_is_paid_and_only_then_is_the_borrower_settled() -> None:
    accounts = [
        {"account_id": "A1", "currency": "USD", "balance_minor": 100},
        {"account_id": "A2", "currency": "USD", "balance_minor": 200},
    ]
    story = Story("pays_after_first", accounts=accounts)
    story.receive()
    first = story.roster.next_action("B1", START)
    assert first is not None
    story.roster.mark_done("B1", first.action_id)
    assert story.roster.paid_at("B1") is None
    second = story.roster.next_action("B1", START)
    assert second is not None
    assert (second.account_id, second.amount_minor) == ("A2", 200)
    story.roster.mark_done("B1", second.action_id)
    assert story.roster.paid_at("B1") == second.at


def test_messages_that_name_an_account_count_for_that_account_only() -> None:
    accounts = [
        {"account_id": "A1", "currency": "USD", "balance_minor": 100, "mention": "wallet 1111"},
        {"account_id": "A2", "currency": "USD", "balance_minor": 200, "mention": "wallet 2222"},
    ]
    story = Story("pays_after_first", accounts=accounts)
    story.receive(body="About wallet 2222")
    action = story.roster.next_action("B1", START)
    assert action is not None
    assert action.account_id == "A2"


@given(seed=st.integers(min_value=0, max_value=10_000), script=st.sampled_from(sorted(PRESETS)))
def test_one_seed_gives_one_story(seed: int, script: str) -> None:
    channels = ["sms", "email"] * 5
    runs = [Story(script, seed=seed).play(channels, until=40 * DAY) for _ in range(2)]
    assert runs[0] == runs[1]


def test_seeds_scatter_the_instants_by_less_than_three_hours() -> None:
    instants = set()
    for seed in range(1, 20):
        story = Story("pays_after_first", seed=seed)
        story.receive()
        action = story.roster.next_action("B1", START)
        assert action is not None
        assert timedelta() <= action.at - START - 2 * DAY < timedelta(hours=3)
        instants.add(action.at)
    assert len(instants) > 10


@pytest.mark.parametrize(
    "spec",
    [
        "no_such_script",
        {"pays_after_nth": {"weeks": 1}},
        {"pays_after_nth": {"n": 0}},
        {},
        {"landline": {"code": "1"}},
        {"accepts_plan_and_keeps": {"installments": 0}},
        {"accepts_plan_and_defaults": {"paid": 3}},
    ],
)
def test_a_roster_that_names_no_real_script_is_refused(spec: Any) -> None:
    with pytest.raises(UnknownScript):
        build_script(spec)


def test_every_preset_is_reachable_by_its_name_alone() -> None:
    assert all(build_script(name) is not None for name in PRESETS)
