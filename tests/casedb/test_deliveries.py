"""Reports advance a touch by rank, and mark its address for what they mean."""

from itertools import permutations

import pytest
from sqlalchemy import Engine, insert, select

from casedb.deliveries import DeliveryReport, record_delivery
from casedb.engine import reading, writing
from casedb.schema import case, consent, contact_point, touch
from casedb.touches import Claim, insert_claim, mark_sent
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
