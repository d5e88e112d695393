"""What the one door promises for facts that come twice, late, together or about nobody."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select

from casedb.engine import reading, writing
from casedb.inbound import MOVES
from casedb.inbox import InboundFact, InboundKind, mark_signalled, receive, unsignalled
from casedb.recoveries import RECOVERY
from casedb.schema import account, consent, hold, inbox_event, ledger_entry
from domain.errors import InvalidInput
from domain.events import ContactStopped, DisputeOpened, HoldPlaced, HoldReleased, LedgerChanged
from domain.vocabulary import Channel, HoldKind
from tests.casedb.people import NOW, add_account, add_person

PHONE = "+12125550142"


@pytest.fixture
def book(any_engine: Engine) -> Engine:
    """A database that holds one person with two accounts, and another with the same phone and one account."""
    with writing(any_engine) as connection:
        add_person(connection, "P-1", phone=PHONE)
        add_account(connection, "A-1", "P-1")
        add_account(connection, "A-2", "P-1")
        add_person(connection, "P-2", phone=PHONE)
        add_account(connection, "A-3", "P-2")
    return any_engine


def money(event_id: str, amount_minor: int, kind: InboundKind = InboundKind.PAYMENT, **other: Any) -> InboundFact:
    """A fact about money on account A-1."""
    stated: dict[str, Any] = {"account_id": "A-1", "currency": "USD", "at": NOW, "source": "wallet"} | other
    return InboundFact(event_id=event_id, kind=kind, amount_minor=amount_minor, **stated)


def standing(engine: Engine, account_id: str = "A-1") -> tuple[int, int, datetime | None]:
    """Balance, version and as_of of an account; and its ledger must sum to that balance."""
    with reading(engine) as connection:
        row = connection.execute(select(account).where(account.c.account_id == account_id)).one()
        entries = ledger_entry.c.account_id == account_id
        total = connection.scalar(select(func.coalesce(func.sum(ledger_entry.c.amount_minor), 0)).where(entries))
        versions = connection.scalars(select(ledger_entry.c.version).where(entries)).all()
    assert total == row.balance_minor
    assert sorted(versions) == list(range(1, row.ledger_version + 1))
    return row.balance_minor, row.ledger_version, row.ledger_as_of


def test_a_payment_lowers_the_balance_and_its_receipt_says_what_the_case_must_hear(book: Engine) -> None:
    receive(book, money("E-1", 5_000, InboundKind.FEE), received_at=NOW)
    receipt = receive(book, money("E-2", 1_250), received_at=NOW)
    assert (receipt.account_id, receipt.balance_minor, receipt.ledger_version) == ("A-1", 3_750, 2)
    assert receipt.event() == LedgerChanged(event_id="E-2", at=NOW, balance_minor=3_750, ledger_version=2)
    assert standing(book) == (3_750, 2, NOW)


@pytest.mark.parametrize("kind", list(MOVES))
def test_every_kind_of_money_moves_the_balance_in_its_direction(book: Engine, kind: InboundKind) -> None:
    grows = kind in {InboundKind.FEE, InboundKind.REVERSAL}
    receipt = receive(book, money("E-1", 700, kind), received_at=NOW)
    assert receipt.balance_minor == (700 if grows else -700)


def test_the_same_fact_twice_answers_the_first_receipt_and_changes_nothing(book: Engine) -> None:
    first = receive(book, money("E-1", 700), received_at=NOW)
    receive(book, money("E-2", 100), received_at=NOW)
    again = receive(book, money("E-1", 999), received_at=NOW + timedelta(hours=1))
    assert again.duplicate
    assert not first.duplicate
    assert (again.balance_minor, again.ledger_version) == (first.balance_minor, first.ledger_version)
    assert again.event() == first.event()
    assert standing(book)[0] == -800


def test_a_late_fact_does_not_make_the_ledger_look_older(book: Engine) -> None:
    receive(book, money("E-1", 100, at=NOW), received_at=NOW)
    receive(book, money("E-2", 100, at=NOW - timedelta(days=3)), received_at=NOW)
    assert standing(book)[2] == NOW


def test_a_fact_about_an_unknown_account_is_kept_without_effect_and_never_signalled(book: Engine) -> None:
    receipt = receive(book, money("E-1", 100, account_id="A-404"), received_at=NOW)
    assert receipt.parked
    assert receipt.event() is None
    assert unsignalled(book, NOW, 10) == []
    assert receive(book, money("E-1", 100, account_id="A-404"), received_at=NOW).duplicate
    with reading(book) as connection:
        row = connection.execute(select(inbox_event)).one()
    assert row.account_id is None
    assert row.payload["fact"]["account_id"] == "A-404"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -5}, "amount_minor"),
        ({"amount_minor": None}, "amount_minor"),
        ({"amount_minor": 10**16}, "amount_minor"),
        ({"currency": None}, "currency"),
        ({"currency": "CNY"}, "kept in USD"),
        ({"account_id": None}, "account_id"),
        ({"source": ""}, "source"),
        ({"event_id": ""}, "event_id"),
        ({"kind": InboundKind.OPT_OUT}, "channel"),
        ({"kind": InboundKind.HOLD_RELEASED}, "hold_id"),
        ({"kind": InboundKind.HOLD_PLACED, "hold_id": "H"}, "hold_kind"),
        ({"kind": InboundKind.DISPUTE, "ends_at": NOW}, "ends_at"),
    ],
)
def test_a_fact_that_cannot_be_true_is_refused_by_field_and_leaves_nothing(
    book: Engine, changed: dict[str, Any], says: str
) -> None:
    stated: dict[str, Any] = {
        "event_id": "E-1",
        "kind": InboundKind.PAYMENT,
        "amount_minor": 100,
        "account_id": "A-1",
        "currency": "USD",
        "at": NOW,
        "source": "wallet",
    }
    with pytest.raises(InvalidInput, match=says):
        receive(book, InboundFact(**(stated | changed)), received_at=NOW)
    with reading(book) as connection:
        assert connection.scalar(select(func.count()).select_from(inbox_event)) == 0


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no zone"):
        money("E-1", 100, at=datetime(2026, 11, 21))  # noqa: DTZ001


def test_a_stop_from_a_number_ends_the_channel_for_everybody_who_gave_that_number(book: Engine) -> None:
    fact = InboundFact(
        event_id="SM-1", source="sms_reply", kind=InboundKind.OPT_OUT, channel=Channel.SMS, address=PHONE, at=NOW
    )
    receipt = receive(book, fact, received_at=NOW)
    assert receipt.account_ids == ("A-1", "A-2", "A-3")
    assert receipt.event() == ContactStopped(event_id="SM-1", at=NOW, channel=Channel.SMS)
    with reading(book) as connection:
        rows = connection.execute(select(consent).order_by(consent.c.person_id)).all()
        stored = connection.execute(select(inbox_event)).one()
    assert [(row.person_id, row.channel, row.permission) for row in rows] == [
        ("P-1", "sms", "withdrawn"),
        ("P-2", "sms", "withdrawn"),
    ]
    assert PHONE not in str(stored)


def test_a_dispute_places_a_hold_on_the_account(book: Engine) -> None:
    fact = InboundFact(
        event_id="E-1", source="console", kind=InboundKind.DISPUTE, account_id="A-1", owner="care", at=NOW
    )
    receipt = receive(book, fact, received_at=NOW)
    assert receipt.event() == DisputeOpened(event_id="E-1", at=NOW, hold_id="hold:E-1", owner="care")
    with reading(book) as connection:
        row = connection.execute(select(hold)).one()
    assert (row.account_id, row.kind, row.released_at) == ("A-1", "dispute", None)


def placed(**other: Any) -> InboundFact:
    """A hold on a whole person."""
    return InboundFact(
        event_id="E-1", source="console", kind=InboundKind.HOLD_PLACED, person_id="P-1", hold_id="H-1",
        hold_kind=HoldKind.HARDSHIP, owner="care", at=NOW, **other,
    )  # fmt: skip


RELEASED = InboundFact(
    event_id="E-2",
    source="console",
    kind=InboundKind.HOLD_RELEASED,
    person_id="P-1",
    hold_id="H-1",
    at=NOW + timedelta(days=2),
)


@pytest.mark.parametrize("facts", [(placed(), RELEASED), (RELEASED, placed())])
def test_a_hold_and_its_release_end_the_same_in_either_order(book: Engine, facts: tuple[InboundFact, ...]) -> None:
    receipts = [receive(book, fact, received_at=NOW) for fact in facts]
    assert {type(receipt.event()) for receipt in receipts} == {HoldPlaced, HoldReleased}
    assert all(receipt.account_ids == ("A-1", "A-2") for receipt in receipts)
    with reading(book) as connection:
        row = connection.execute(select(hold)).one()
    assert (row.kind, row.owner, row.starts_at, row.released_at, row.account_id) == (
        "hardship", "care", NOW, NOW + timedelta(days=2), None,
    )  # fmt: skip


def test_the_hold_of_one_person_cannot_be_released_for_another(book: Engine) -> None:
    receive(book, placed(), received_at=NOW)
    stranger = InboundFact(
        event_id="E-3", source="console", kind=InboundKind.HOLD_RELEASED, person_id="P-2", hold_id="H-1", at=NOW
    )
    with pytest.raises(InvalidInput, match="another person"):
        receive(book, stranger, received_at=NOW)


def test_facts_wait_for_their_signal_oldest_first_until_it_is_marked(book: Engine) -> None:
    for hours in (2, 1, 0):
        receive(book, money(f"E-{hours}", 100), received_at=NOW - timedelta(hours=hours))
    mark_signalled(book, "E-1", NOW)
    waiting = unsignalled(book, NOW - timedelta(minutes=5), 10)
    assert [receipt.event_id for receipt in waiting] == ["E-2"]
    assert waiting[0].event() == LedgerChanged(event_id="E-2", at=NOW, balance_minor=-100, ledger_version=1)
    assert len(unsignalled(book, NOW, 1)) == 1


def test_payments_from_many_threads_never_lose_a_cent(book: Engine) -> None:
    def pay(thread: int) -> None:
        for number in range(10):
            receive(book, money(f"E-{thread}-{number}", 100 + number), received_at=NOW)
            receive(book, money(f"shared-{number}", 1), received_at=NOW)

    threads = [threading.Thread(target=pay, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    balance, version, _ = standing(book)
    assert balance == -(8 * sum(100 + number for number in range(10)) + 10)
    assert version == 90


FACTS = st.lists(
    st.builds(
        money,
        st.integers(1, 12).map(lambda number: f"E-{number}"),
        st.integers(1, 10**9),
        st.sampled_from(list(MOVES)),
        at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda fact: fact.event_id,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=FACTS, data=st.data())
def test_any_order_and_any_repetition_of_facts_ends_in_the_same_balance(
    book: Engine, facts: list[InboundFact], data: st.DataObject
) -> None:
    once = data.draw(st.permutations(facts))
    repeated = data.draw(st.permutations(facts + data.draw(st.lists(st.sampled_from(facts), max_size=6))))
    assert after(book, once) == after(book, repeated)


def after(engine: Engine, facts: list[InboundFact]) -> tuple[int, int, datetime | None]:
    """Balance, how many facts were booked, and as_of; how often a recovery was set right is a matter of the order."""
    with writing(engine) as connection:
        for table in (inbox_event, ledger_entry):
            connection.execute(delete(table))
        connection.execute(account.update().values(balance_minor=0, ledger_version=0, ledger_as_of=None))
    for fact in facts:
        receive(engine, fact, received_at=NOW)
    balance, version, as_of = standing(engine)
    with reading(engine) as connection:
        recoveries = select(func.count()).where(ledger_entry.c.entry_id.startswith(RECOVERY))
        return balance, version - int(connection.scalar(recoveries) or 0), as_of
