"""A campaign over two strategies that is over: who was in which arm, who paid, who complained."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert

from casedb import schema
from casedb.arms import store_arms
from casedb.engine import writing
from casedb.message_texts import ANSWER, Said, record_said
from domain.experiments.assignment import Arm
from domain.vocabulary import Channel
from tests.casedb.people import add_account, add_person
from tests.domain.cases import GENTLE, STANDARD

STARTED = datetime(2026, 9, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
ARMS = tuple(
    Arm(name=each.name, strategy=each.name, version=each.version, weight=weight)
    for each, weight in ((STANDARD, 50), (GENTLE, 50))
)


def add_experiment(engine: Engine, people: int, *, paying: dict[str, int], campaign_id: str = "november") -> None:
    """So many people in each arm, each with one account of 100 dollars; the first ones of an arm paid it."""
    with writing(engine) as connection:
        connection.execute(
            insert(schema.campaign).values(
                campaign_id=campaign_id, name="November", strategy=STANDARD.name, started_by="dana",
                started_at=STARTED, clock="real", status="finished",
            )
        )  # fmt: skip
        store_arms(connection, campaign_id, ARMS)
        for arm in ARMS:
            for number in range(people):
                _add_person(connection, campaign_id, arm, number, paid=number < paying[arm.name])


def _add_person(connection: Connection, campaign_id: str, arm: Arm, number: int, *, paid: bool) -> None:
    who = f"{arm.name}-{number}"
    person, account = f"P-{who}", f"A-{who}"
    add_person(connection, person, phone=f"+1202555{abs(hash(who)) % 10_000:04d}")
    add_account(connection, account, person, balance_minor=0 if paid else 10_000)
    connection.execute(
        insert(schema.campaign_member).values(
            campaign_id=campaign_id, account_id=account, status="enrolled", arm=arm.name
        )
    )
    ended: dict[str, Any] = {"closed_at": STARTED + 9 * DAY, "close_reason": "paid"} if paid else {}
    connection.execute(
        insert(schema.case).values(
            case_id=f"{account}-1", account_id=account, person_id=person, campaign_id=campaign_id,
            strategy=arm.strategy, strategy_version=arm.version, stage="closed" if paid else "follow_up",
            opened_at=STARTED, opening_balance_minor=10_000, decisions=4, **ended,
        )
    )  # fmt: skip
    add_touch(connection, account, person)
    if paid:
        add_payment(connection, account, 10_000 + number)


def add_touch(connection: Connection, account: str, person: str, key: str = "reminder/reminder-1") -> None:
    """One message that was sent."""
    connection.execute(
        insert(schema.touch).values(
            touch_id=f"{account}:{key}", case_id=f"{account}-1", account_id=account, person_id=person, touch_key=key,
            channel="sms", contact_point_id=f"{person}:sms:1", reference=f"{account}:{key}", template="reminder_1",
            status="sent", at=STARTED + DAY, attempted_at=STARTED + DAY, provider="twilio", balance_minor=10_000,
        )
    )  # fmt: skip


def add_words(connection: Connection, account: str, body: str, *, minutes: int, channel: Channel = Channel.SMS) -> None:
    """What an attempt at the account's one message said, so many minutes after it was due."""
    said = Said(
        message_id=f"{account}:reminder/reminder-1",
        attempted_at=STARTED + DAY + timedelta(minutes=minutes),
        channel=channel,
        contact_point_id="",
        template="reminder_1",
        locale="en",
        subject="",
        body=body,
    )
    record_said(connection, said)


def add_answer(
    connection: Connection, account: str, person: str, name: str, body: str, *, at: datetime, status: str = "sent"
) -> None:
    """A reply of that instant by SMS, and how far its answer got, with its words."""
    connection.execute(
        insert(schema.reply).values(
            reply_id=name, person_id=person, account_id=account, contact_point_id=f"{person}:sms:1", channel="sms",
            written_from="", at=at, received_at=at, text="", attachments=0, intents=[], doubtful=[], rules="",
            answer="human", answer_status=status, answered_at=at,
        )
    )  # fmt: skip
    said = Said(
        message_id=f"{name}{ANSWER}",
        attempted_at=at,
        channel=Channel.SMS,
        contact_point_id="",
        template="human",
        locale="en",
        subject="",
        body=body,
    )
    record_said(connection, said)


def add_complaint(connection: Connection, person: str, *, at: datetime = STARTED + 2 * DAY) -> None:
    """Somebody complained at that instant."""
    connection.execute(
        insert(schema.hold).values(
            hold_id=f"{person}:{at}", person_id=person, kind="complaint", reason="", owner="care", starts_at=at
        )
    )


def add_payment(connection: Connection, account: str, amount_minor: int, *, at: datetime = STARTED + 3 * DAY) -> None:
    """Money that came; negative: taken back."""
    kind, version = ("payment", 1) if amount_minor > 0 else ("reversal", 2)
    connection.execute(
        insert(schema.ledger_entry).values(
            entry_id=f"{account}:{kind}", account_id=account, version=version, kind=kind, amount_minor=-amount_minor,
            at=at, recorded_at=at,
        )
    )  # fmt: skip
