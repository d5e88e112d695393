"""Composing fills a message from the snapshot of that very moment, and hands over nothing that breaks a rule."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from activities.channel import OutboundMessage
from activities.composing import Composer, LenderContact
from casedb.engine import reading, writing
from casedb.snapshot import Snapshot, read_snapshot
from config.messages import MessageRenderer
from domain.compliance.vocabulary import Role
from domain.errors import ConfigurationError, InvalidInput, MessageRefused
from domain.itemisation import Itemisation
from domain.money import Money
from domain.vocabulary import Channel
from tests.casedb.people import add_account, add_person
from tests.config.conftest import CONFIG
from tests.domain.cases import a_case

NOW = datetime(2026, 10, 31, 15, 0, tzinfo=UTC)
LENDER = LenderContact(
    pay_url="https://pay.wallet.example",
    help_phone="+1 202-555-0100",
    help_email="help@wallet.example",
    postal_address=("1 Example Street", "Springfield, IL 62701"),
)
ADDRESSES = {Channel.LETTER: "8 Sample Avenue\nNewark, NJ 07102", Channel.EMAIL: "maria@mail.example"}


ITEMS = Itemisation(
    principal=Money(130_000, "USD"),
    interest=Money(6_050, "USD"),
    fees=Money(2_000, "USD"),
    payments=Money(10_000, "USD"),
)


@pytest.fixture(scope="module")
def renderer() -> MessageRenderer:
    return MessageRenderer(CONFIG / "templates", ["reminder_1"])


@pytest.fixture
def snapshot(sqlite_engine: Engine) -> Snapshot:
    """As the contact reads it."""
    with writing(sqlite_engine) as connection:
        add_person(connection, "P-1", phone="+12125550123")
        add_account(connection, "A-1", "P-1", balance_minor=128_050)
    with reading(sqlite_engine) as connection:
        return read_snapshot(connection, "A-1", "", "", NOW, lock=False)


def composed(
    renderer: MessageRenderer, snapshot: Snapshot, channel: Channel, lender: LenderContact = LENDER, **more: Any
) -> OutboundMessage:
    """The message as it is handed to an adapter."""
    point = replace(snapshot.points[0], channel=channel, address=ADDRESSES.get(channel, "+12125550123"))
    case = a_case(due_on=date(2026, 9, 30), balance_minor=128_050)
    composer = Composer(renderer=renderer, lender=lender)
    return composer.compose(case, snapshot, point, template="reminder_1", reference="ABCD-2345", now=NOW, **more)


def test_the_amount_is_the_snapshots_and_the_items_are_said_when_they_are_known(
    renderer: MessageRenderer, snapshot: Snapshot
) -> None:
    total = composed(renderer, snapshot, Channel.EMAIL).body
    assert "Total owed: $1,280.50" in total
    assert "Principal" not in total
    assert "Principal: $1,300.00\nInterest: $60.50" in composed(renderer, snapshot, Channel.EMAIL, items=ITEMS).body


def test_items_of_another_amount_are_not_sent(renderer: MessageRenderer, snapshot: Snapshot) -> None:
    with pytest.raises(InvalidInput, match="message ABCD-2345: its items do not add up"):
        composed(renderer, replace(snapshot, balance_minor=100), Channel.EMAIL, items=ITEMS)


def test_a_letter_shows_both_addresses_and_the_date_where_the_account_lives(
    renderer: MessageRenderer, snapshot: Snapshot
) -> None:
    letter = composed(renderer, snapshot, Channel.LETTER)
    blocks = letter.body.split("\n\n")
    assert blocks[0].splitlines()[1:] == list(LENDER.postal_address)
    assert blocks[1].splitlines()[1:] == letter.to.splitlines()
    assert blocks[2] == "October 31, 2026"


def test_the_jurisdiction_and_the_role_decide_what_else_is_said(renderer: MessageRenderer, snapshot: Snapshot) -> None:
    agency = replace(LENDER, role=Role.THIRD_PARTY, agency="Example Services", collector="A-17")
    american = composed(renderer, replace(snapshot, jurisdiction="US"), Channel.SMS, agency).body
    assert american.startswith("Example Services: ")
    assert "This communication is from a debt collector." in american
    chinese = composed(renderer, replace(snapshot, jurisdiction="CN"), Channel.SMS, agency).body
    assert "collector A-17" in chinese
    assert "moneyhelper" in composed(renderer, replace(snapshot, jurisdiction="UK"), Channel.SMS).body


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("agency", ["", "Example Services"])
def test_a_creditor_writes_in_his_own_name_and_nobody_else_does(role: Role, agency: str) -> None:
    if (role is Role.CREDITOR) == (agency == ""):
        assert replace(LENDER, role=role, agency=agency).role is role
    else:
        with pytest.raises(ConfigurationError, match=f"role {role.value}: "):
            replace(LENDER, role=role, agency=agency)


@pytest.mark.parametrize("changed", [{"creditor": "Arrest Wallet"}, {"full_name": "Ada, we will sue you"}])
def test_a_text_that_breaks_a_rule_is_not_handed_over_and_not_repeated(
    renderer: MessageRenderer, snapshot: Snapshot, changed: dict[str, str]
) -> None:
    with pytest.raises(MessageRefused, match=r"^message en/reminder_1\.sms ABCD-2345 breaks US-CONTENT") as caught:
        composed(renderer, replace(snapshot, **changed), Channel.SMS)
    assert not any(text in str(caught.value) for text in changed.values())
