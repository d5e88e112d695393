"""Reports advance a touch by rank, and mark its address for what they mean."""

from dataclasses import replace
from itertools import permutations

import pytest
from sqlalchemy import Engine, insert, select, update

from casedb.deliveries import DeliveryReport, record_delivery
from casedb.engine import reading, writing
from casedb.inbox import InboundFact, InboundKind, Receipt, receive, unsignalled
from casedb.schema import case, consent, contact_point, inbox_event, touch
from casedb.touches import Claim, insert_claim, mark_sent
from domain.events import ContactReported
from domain.vocabulary import Channel, DeliveryStatus
from tests.casedb.people import NOW, add_account, add_person

SENT, DELIVERED, FAILED = DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED


def report(status: DeliveryStatus, code: str = "", *, dead: bool = False, opted_out: bool = False) -> DeliveryReport:
    return DeliveryReport(
        provider="twilio", provider_id="SM1", status=status, code=code, address_dead=dead, opted_out=opted_out
    )


@pytest.fixture
def touched(any_engine: Engine) -> Engine:
    """A text that the provider took."""
    with writing(any_engine) as connection:
        add_person(connection, "P-1", phone="+12025550101")
        add_account(connection, "A-1", "P-1")
        connection.execute(
            insert(case).values(
                case_id="A-1-1",
                account_id="A-1",
                person_id="P-1",
                strategy="s",
                strategy_version="v",
                stage="reminder",
                opened_at=NOW,
                opening_balance_minor=100,
                decisions=0,
            )
        )
        claim = Claim(
            case_id="A-1-1",
            account_id="A-1",
            person_id="P-1",
            touch_key="reminder/1",
            channel=Channel.SMS,
            contact_point_id="P-1:sms:1",
            reference="ABCD-2345",
            template="t",
            provider="twilio",
            at=NOW,
            attempted_at=NOW,
            balance_minor=100,
        )
        insert_claim(connection, claim)
        mark_sent(connection, claim.touch_id, "SM1", NOW)
    return any_engine


def take(engine: Engine, *reports: DeliveryReport) -> list[bool]:
    with writing(engine) as connection:
        return [record_delivery(connection, "A-1-1:reminder/1", each, NOW) for each in reports]


def standing(engine: Engine) -> tuple[str, str]:
    with reading(engine) as connection:
        row = connection.execute(select(touch.c.delivery, touch.c.code)).one()
    return row.delivery, row.code


@pytest.mark.parametrize("order", list(permutations([report(SENT), report(DELIVERED), report(FAILED, "30005")])))
def test_reports_in_any_order_end_the_same(touched: Engine, order: tuple[DeliveryReport, ...]) -> None:
    take(touched, *order)
    assert standing(touched) == ("failed", "30005")


def test_a_report_that_comes_twice_or_late_moves_nothing(touched: Engine) -> None:
    assert take(touched, report(DELIVERED), report(DELIVERED), report(SENT)) == [True, False, False]
    assert standing(touched) == ("delivered", "")


def test_a_word_that_says_nothing_of_delivery_moves_nothing(touched: Engine) -> None:
    assert take(touched, report(DeliveryStatus.NONE, "queued")) == [False]


def test_a_dead_address_is_remembered_and_one_that_was_only_off_is_not(touched: Engine) -> None:
    def undeliverable() -> object:
        with reading(touched) as connection:
            return connection.scalar(select(contact_point.c.undeliverable_since))

    take(touched, report(FAILED, "30003"))
    assert undeliverable() is None
    take(touched, report(FAILED, "30006", dead=True))
    assert undeliverable() == NOW


def test_an_opt_out_that_the_provider_heard_is_ours_at_once_and_once(touched: Engine) -> None:
    heard = report(FAILED, "21610", opted_out=True)
    take(touched, heard, heard)
    with reading(touched) as connection:
        said = connection.execute(select(consent.c.channel, consent.c.permission, consent.c.address)).all()
    assert [tuple(row) for row in said] == [("sms", "withdrawn", "+12025550101")]


def test_a_report_about_a_touch_that_we_do_not_know_changes_nothing(touched: Engine) -> None:
    with writing(touched) as connection:
        assert record_delivery(connection, "nobody", report(FAILED), NOW) is False
    assert standing(touched) == ("none", "")


def told(
    engine: Engine, of: DeliveryReport, event_id: str = "E-1", address: str = "", channel: Channel | None = None
) -> Receipt:
    fact = InboundFact(
        event_id=event_id,
        source="twilio",
        kind=InboundKind.DELIVERY,
        at=NOW,
        report=of,
        address=address,
        channel=channel,
    )
    return receive(engine, fact, received_at=NOW)


def test_the_case_hears_of_a_message_that_did_not_arrive_and_of_no_other(touched: Engine) -> None:
    assert told(touched, report(DELIVERED), "E-0").account_ids == ()
    receipt = told(touched, report(FAILED, "30003"))
    assert receipt.account_ids == ("A-1",)
    assert receipt.event() == ContactReported(
        event_id="E-1", at=NOW, touch_key="reminder/1", delivery=FAILED, made_at=NOW
    )
    assert [each.event() for each in unsignalled(touched, NOW, 9)] == [receipt.event()]


def test_the_same_report_twice_is_one_fact(touched: Engine) -> None:
    first = told(touched, report(FAILED, "30003"))
    again = told(touched, report(FAILED, "30003"))
    assert (again.duplicate, again.event()) == (True, first.event())


def test_a_report_about_nothing_of_ours_is_kept_without_effect(touched: Engine) -> None:
    of = DeliveryReport(provider="twilio", provider_id="SM2", status=FAILED)
    receipt = told(touched, of)
    assert (receipt.parked, receipt.account_ids) == (True, ())
    assert standing(touched) == ("none", "")


def test_a_report_that_overtakes_the_answer_finds_the_claim_by_reference_and_address(touched: Engine) -> None:
    with writing(touched) as connection:
        connection.execute(update(touch).values(provider_id=None, status="claimed"))
        address = connection.scalar(select(contact_point.c.address))
    of = DeliveryReport(provider="twilio", provider_id="SM9", reference="ABCD-2345", status=FAILED, code="30003")
    assert told(touched, of, "E-1", "+12025550199").parked
    assert told(touched, of, "E-2", str(address)).touch_key == "reminder/1"
    with reading(touched) as connection:
        assert str(address) not in str(connection.execute(select(inbox_event.c.payload)).all())


def in_doubt(engine: Engine, status: str) -> str:
    """The touch as if its provider's answer had been lost or were on its way; its address."""
    with writing(engine) as connection:
        connection.execute(update(touch).values(provider_id=None, status=status, code="not_found", sent_at=None))
        return str(connection.scalar(select(contact_point.c.address)))


@pytest.mark.parametrize("status", [DeliveryStatus.NONE, SENT, DELIVERED])
def test_any_report_proves_that_a_message_in_doubt_went_out_and_its_case_plans_again(
    touched: Engine, status: DeliveryStatus
) -> None:
    address = in_doubt(touched, "unknown")
    receipt = told(touched, replace(report(status), provider_id="SM9", reference="ABCD-2345"), "E-1", address)
    assert receipt.account_ids == ("A-1",)
    assert receipt.event() == ContactReported(
        event_id="E-1", at=NOW, touch_key="reminder/1", delivery=SENT, made_at=NOW
    )
    with reading(touched) as connection:
        row = connection.execute(select(touch)).one()
    assert (row.status, row.provider_id, row.code, row.delivery) == ("sent", "SM9", "", status.value)
    assert told(touched, replace(report(status), provider_id="SM9"), "E-2").account_ids == ()


def test_a_message_in_doubt_that_did_not_arrive_is_told_as_any_other(touched: Engine) -> None:
    address = in_doubt(touched, "unknown")
    of = replace(report(FAILED, "30003"), provider_id="SM9", reference="ABCD-2345")
    event = told(touched, of, "E-1", address).event()
    assert isinstance(event, ContactReported)
    assert event.delivery is FAILED
    assert standing(touched) == ("failed", "30003")


def test_a_report_that_overtakes_the_answer_needs_not_be_told(touched: Engine) -> None:
    address = in_doubt(touched, "claimed")
    of = replace(report(SENT), provider_id="SM9", reference="ABCD-2345")
    assert told(touched, of, "E-1", address).account_ids == ()
    with reading(touched) as connection:
        assert connection.scalar(select(touch.c.status)) == "sent"


def test_a_late_report_of_a_text_says_nothing_of_a_call_to_the_same_number(touched: Engine) -> None:
    address = in_doubt(touched, "claimed")
    of = replace(report(SENT), provider_id="SM9", reference="ABCD-2345")
    assert told(touched, of, "E-1", address, Channel.VOICE).parked
    assert standing(touched) == ("none", "not_found")
    assert not told(touched, of, "E-2", address, Channel.SMS).parked
