"""Touches and snapshots on both databases: one claim per key, marks that cannot undo, and what counts when."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from casedb import schema, touches
from casedb.engine import reading, writing
from casedb.snapshot import COUNTED_DAYS, LEFT, NOT_FOUND, RESENT, Snapshot, read_snapshot
from casedb.touches import Claim
from domain.errors import NotKnown
from domain.vocabulary import Channel, TouchStatus
from tests.casedb.people import NOW, add_account, add_person

PHONE = "+12125550123"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def engine(any_engine: Engine) -> Engine:
    """One person with a phone, two accounts and a case on each."""
    with writing(any_engine) as connection:
        add_person(connection, "p", phone=PHONE)
        for account in ("a", "b"):
            add_account(connection, account, "p", balance_minor=100)
            connection.execute(
                insert(schema.case).values(
                    case_id=f"{account}-1", account_id=account, person_id="p", strategy="s", strategy_version="1",
                    stage="reminder", opened_at=NOW, opening_balance_minor=100, decisions=0,
                )
            )  # fmt: skip
    return any_engine


def claim(key: str = "reminder/one", *, case: str = "a-1", minutes: int = 0) -> Claim:
    at = NOW + minutes * MINUTE
    return Claim(
        case_id=case, account_id=case[0], person_id="p", touch_key=key, channel=Channel.SMS,
        contact_point_id="p:sms:1", reference=f"{case}/{key}", template="t", provider="twilio", at=at,
        attempted_at=at, balance_minor=100,
    )  # fmt: skip


def insert_claim(engine: Engine, a_claim: Claim) -> Claim:
    with writing(engine) as connection:
        touches.insert_claim(connection, a_claim)
    return a_claim


def snapshot(engine: Engine, key: str = "reminder/one", *, account: str = "a", days: int = 0) -> Snapshot:
    with writing(engine) as connection:
        now = NOW + timedelta(days=days)
        return read_snapshot(connection, account, f"{account}-1", key, now, lock=True)


def status(engine: Engine) -> str:
    with reading(engine) as connection:
        return str(connection.execute(select(schema.touch.c.status)).scalar_one())


def say(engine: Engine, permission: str, *, address: str = "", minutes: int = 0) -> None:
    with writing(engine) as connection:
        connection.execute(
            insert(schema.consent).values(
                consent_id=f"{permission}-{address}-{minutes}", person_id="p", channel="sms", address=address,
                permission=permission, at=NOW + minutes * MINUTE, source="import",
            )
        )  # fmt: skip


def test_a_key_is_claimed_once(engine: Engine) -> None:
    insert_claim(engine, claim())
    with pytest.raises(IntegrityError):
        insert_claim(engine, claim(minutes=1))


def test_a_sent_touch_stays_sent_whatever_is_said_later(engine: Engine) -> None:
    mine = insert_claim(engine, claim())
    with writing(engine) as connection:
        touches.mark_sent(connection, mine.touch_id, "SM1", NOW)
        touches.mark_sent(connection, mine.touch_id, "SM2", NOW)
        for mark in (touches.mark_busy, touches.mark_failed, touches.mark_unknown):
            assert not mark(connection, mine.touch_id, mine.attempted_at, "late")
        row = connection.execute(select(schema.touch)).one()
    assert (row.status, row.provider_id, row.code) == ("sent", "SM1", "")


def test_only_the_attempt_whose_claim_stands_may_take_it_back(engine: Engine) -> None:
    first, second = insert_claim(engine, claim()), claim(minutes=1)
    with writing(engine) as connection:
        touches.renew_claim(connection, second)
        assert not touches.mark_failed(connection, first.touch_id, first.attempted_at, "21211")
    assert status(engine) == "claimed"
    with writing(engine) as connection:
        assert touches.mark_failed(connection, second.touch_id, second.attempted_at, "21211")
    assert status(engine) == "failed"


def test_caps_count_what_may_have_left_the_house_over_all_accounts(engine: Engine) -> None:
    marks = {
        "one": None,
        "two": touches.mark_unknown,
        "three": touches.mark_busy,
        "four": touches.mark_failed,
    }
    for number, (key, mark) in enumerate(marks.items()):
        made = insert_claim(engine, claim(f"reminder/{key}", case="b-1", minutes=number))
        if mark is not None:
            with writing(engine) as connection:
                mark(connection, made.touch_id, made.attempted_at, "")
    insert_claim(engine, claim())

    seen = snapshot(engine)

    assert seen.contacts == ((Channel.SMS, NOW), (Channel.SMS, NOW + MINUTE))
    assert seen.touch is not None
    assert (seen.touch.status, seen.touch.attempted_at) == (TouchStatus.CLAIMED, NOW)


def test_the_touch_asked_for_and_a_lost_one_are_found_however_old(engine: Engine) -> None:
    insert_claim(engine, claim())
    lost = insert_claim(engine, claim("reminder/two"))
    with writing(engine) as connection:
        touches.mark_unknown(connection, lost.touch_id, lost.attempted_at, "not_found")

    seen = snapshot(engine, days=COUNTED_DAYS * 3)

    assert seen.touch is not None
    assert seen.unresolved == "reminder/two"
    assert snapshot(engine, account="b").unresolved == ""


@pytest.mark.parametrize(("code", "asked"), [("", True), (RESENT, True), (NOT_FOUND, False), (LEFT, False)])
def test_a_provider_is_asked_about_a_lost_answer_until_it_is_given_up(engine: Engine, code: str, asked: bool) -> None:
    lost = insert_claim(engine, claim("reminder/two"))
    with writing(engine) as connection:
        touches.mark_unknown(connection, lost.touch_id, lost.attempted_at, code)
    assert snapshot(engine).asked_about == ("reminder/two" if asked else "")


def test_a_provider_is_asked_about_a_claim_of_which_nobody_has_heard(engine: Engine) -> None:
    made = insert_claim(engine, claim("reminder/two"))
    assert snapshot(engine).asked_about == "reminder/two"
    with writing(engine) as connection:
        touches.mark_sent(connection, made.touch_id, "SM1", NOW)
    assert snapshot(engine).asked_about == ""


def test_the_latest_word_about_a_channel_or_an_address_counts(engine: Engine) -> None:
    def open_to_us() -> bool:
        return snapshot(engine).usable_channels(frozenset({Channel.SMS})) == (Channel.SMS,)

    assert open_to_us()
    say(engine, "withdrawn", minutes=1)
    assert not open_to_us()
    say(engine, "given", minutes=2)
    assert open_to_us()
    say(engine, "withdrawn", address=PHONE, minutes=1)
    assert not open_to_us()
    say(engine, "given", address=PHONE, minutes=3)
    assert open_to_us()
    say(engine, "withdrawn", address="+12125550199", minutes=4)
    assert open_to_us()


def test_an_opt_out_from_a_provider_is_recorded_once_per_touch_and_never_as_a_parameter(engine: Engine) -> None:
    from sqlalchemy import event

    parameters: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *told: parameters.append(str(told[3])))
    for _ in range(2):
        with writing(engine) as connection:
            touches.record_provider_opt_out(connection, "a-1:reminder/one", "p:sms:1", NOW)
    with reading(engine) as connection:
        row = connection.execute(select(schema.consent)).one()
    assert (row.address, row.permission, row.at) == (PHONE, "withdrawn", NOW)
    assert parameters
    assert not [each for each in parameters if PHONE in each]


def test_a_person_without_any_address_has_a_snapshot_without_points(any_engine: Engine) -> None:
    with writing(any_engine) as connection:
        add_person(connection, "p")
        add_account(connection, "a", "p")
    assert snapshot(any_engine).points == ()


def test_an_unknown_account_is_named(any_engine: Engine) -> None:
    with pytest.raises(NotKnown, match="nobody"):
        snapshot(any_engine, account="nobody")
