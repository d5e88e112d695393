"""What the bureaus hear, on real databases: after notice, once a month, with a dispute's code, and corrected once."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from casedb import furnishing, schema
from casedb.engine import open_engine, reading, writing
from casedb.erasure import erase
from casedb.furnishing_subjects import COLUMNS, take_subjects
from domain.errors import InvalidInput, StepRefused
from domain.furnishing.file import check_file
from tests.casedb.bureaus import (
    BEGUN,
    DAY,
    NOTICE,
    RULES,
    add_furnishable,
    add_hold,
    begin,
    book,
    lines,
    month_file,
    months,
    only,
    release_holds,
    undo,
)
from tests.casedb.debts import add_debt

APRIL, MAY, JUNE, JULY = (date(2027, month, 1) for month in (4, 5, 6, 7))


def test_an_account_is_furnished_once_a_month_as_it_stood_on_the_last_day(any_engine: Engine) -> None:
    add_furnishable(any_engine)
    first = begin(any_engine)
    assert begin(any_engine) == first
    made = month_file(any_engine, APRIL)
    assert (made.name, made.lines, made.refused) == ("metro2-2027-04.txt", 1, ())
    assert check_file(made.data) == []
    told = only(made)
    assert (told["account_status"], told["payment_history"]) == ("80", "B" * 24)
    assert (told["current_balance"], told["amount_past_due"]) == (100, 100)
    assert told["date_of_first_delinquency"] == date(2027, 2, 2)
    assert told["date_of_account_information"] == date(2027, 4, 28)
    assert (told["consumer_account_number"], told["surname"]) == ("A1", "OKAFOR")
    assert month_file(any_engine, APRIL).lines == 0
    later = only(month_file(any_engine, MAY))
    assert (later["account_status"], later["payment_history"]) == ("82", "3" + "B" * 23)
    skipped = only(month_file(any_engine, JULY))
    assert (skipped["account_status"], skipped["payment_history"]) == ("84", "D43" + "B" * 21)
    assert [row.month for row in months(any_engine)] == ["2027-04", "2027-05", "2027-07"]


def test_what_happened_after_the_last_day_of_the_month_is_not_in_its_file(any_engine: Engine) -> None:
    add_furnishable(any_engine)
    begin(any_engine)
    book(any_engine, "payment", -4_099, datetime(2027, 4, 30, 12, tzinfo=UTC))
    book(any_engine, "payment", -5_901, datetime(2027, 5, 2, 12, tzinfo=UTC))
    told = only(month_file(any_engine, APRIL, datetime(2027, 5, 5, 12, tzinfo=UTC)))
    assert (told["account_status"], told["current_balance"], told["actual_payment"]) == ("80", 59, 40)
    assert told["date_of_account_information"] == date(2027, 4, 30)
    paid = only(month_file(any_engine, MAY))
    assert (paid["account_status"], paid["payment_rating"], paid["current_balance"]) == ("13", "3", 0)
    assert (paid["date_of_account_information"], paid["date_closed"]) == (date(2027, 5, 2), date(2027, 5, 2))
    assert paid["date_of_first_delinquency"] == date(2027, 2, 2)
    assert month_file(any_engine, JUNE).lines == 0, "a final status is the last"


@pytest.mark.parametrize(
    ("at", "until"),
    [(NOTICE, 30), (NOTICE + 29 * DAY, 30)],
)
def test_nothing_is_furnished_before_the_days_after_the_notice_are_over(
    any_engine: Engine, at: datetime, until: int
) -> None:
    add_furnishable(any_engine)
    with pytest.raises(StepRefused, match="30 days are not over") as refused:
        begin(any_engine, at=at)
    assert refused.value.until == datetime(2027, 3, 31, 4, tzinfo=UTC)
    assert begin(any_engine, at=refused.value.until).notice_at == NOTICE


def test_without_any_notice_nothing_is_furnished_and_a_message_that_did_not_arrive_is_none(any_engine: Engine) -> None:
    add_furnishable(any_engine, notice=False)
    with pytest.raises(StepRefused, match="was not told beforehand: send furnishing_notice_1"):
        begin(any_engine)
    with writing(any_engine) as connection:
        connection.execute(
            insert(schema.case).values(
                case_id="A-1-1", account_id="A-1", person_id="P-A-1", strategy="s", strategy_version="1",
                stage="legal_escalation", opened_at=NOTICE, opening_balance_minor=1, decisions=0,
            )
        )  # fmt: skip
        connection.execute(
            insert(schema.contact_point).values(
                contact_point_id="C", person_id="P-A-1", channel="letter", address="x", line_type="unknown",
                preference=0,
            )
        )  # fmt: skip
        touch = {
            "touch_id": "T", "case_id": "A-1-1", "account_id": "A-1", "person_id": "P-A-1", "touch_key": "k",
            "channel": "letter", "contact_point_id": "C", "reference": "r", "template": RULES.notice_template,
            "status": "sent", "at": NOTICE, "attempted_at": NOTICE, "provider": "p", "delivery": "failed",
            "undelivered_by": "", "code": "", "balance_minor": 1,
        }  # fmt: skip
        connection.execute(insert(schema.touch), touch)
    with pytest.raises(StepRefused, match="was not told beforehand"):
        begin(any_engine)
    with writing(any_engine) as connection:
        connection.execute(schema.touch.update().values(delivery="delivered"))
    assert begin(any_engine).notice_at == NOTICE


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"currency": "EUR"}, "is in EUR: Metro 2 knows whole dollars alone"),
        ({"product": "gift_card"}, "is of product gift_card: the rules of furnishing have pay_later, wallet_credit"),
        ({"balance_minor": 0}, "owes nothing: no bureau is told"),
    ],
)
def test_what_the_bureaus_do_not_take_is_refused(any_engine: Engine, changed: dict[str, Any], says: str) -> None:
    add_furnishable(any_engine, **changed)
    with pytest.raises(StepRefused, match=says):
        begin(any_engine)


def test_only_jurisdictions_with_metro_2_are_furnished_and_only_with_a_subject(any_engine: Engine) -> None:
    add_furnishable(any_engine)
    with writing(any_engine) as connection:
        connection.execute(schema.person.update().values(jurisdiction="UK"))
    with pytest.raises(StepRefused, match="is in UK, which has no Metro 2: furnishing is for US, US-CA"):
        begin(any_engine)
    add_debt(any_engine, "A-2")
    with pytest.raises(StepRefused, match="has no furnishing subject"):
        begin(any_engine, "A-2")


def test_a_dispute_is_told_while_it_is_open_and_how_it_ended(any_engine: Engine) -> None:
    add_furnishable(any_engine)
    begin(any_engine)
    assert only(month_file(any_engine, APRIL))["compliance_condition"] is None
    add_hold(any_engine, "dispute", datetime(2027, 5, 3, tzinfo=UTC))
    assert only(month_file(any_engine, MAY))["compliance_condition"] == "XB"
    release_holds(any_engine, datetime(2027, 6, 3, tzinfo=UTC))
    assert only(month_file(any_engine, JUNE))["compliance_condition"] == "XH"
    with writing(any_engine) as connection:
        furnishing.disagree(connection, "A-1", datetime(2027, 7, 2, tzinfo=UTC))
    assert only(month_file(any_engine, JULY))["compliance_condition"] == "XC"
    assert only(month_file(any_engine, date(2027, 8, 1)))["compliance_condition"] is None
    assert [row.stands for row in months(any_engine)] == ["", "XB", "XH", "XC", "XC"]


def test_a_dispute_that_is_undone_goes_on_with_its_code_and_is_not_deleted(any_engine: Engine) -> None:
    add_furnishable(any_engine)
    begin(any_engine)
    month_file(any_engine, APRIL)
    add_hold(any_engine, "dispute", datetime(2027, 4, 28, 21, tzinfo=UTC))
    undone = undo(any_engine, at=datetime(2027, 4, 28, 22, tzinfo=UTC))
    assert not undone.deleted
    corrected = only(month_file(any_engine, APRIL, datetime(2027, 4, 29, 12, tzinfo=UTC)))
    assert (corrected["compliance_condition"], corrected["correction_indicator"]) == ("XB", 1)
    assert only(month_file(any_engine, MAY))["compliance_condition"] == "XB"


def test_a_paid_account_is_corrected_in_the_same_month_once(any_engine: Engine) -> None:
    add_furnishable(any_engine)
    begin(any_engine)
    month_file(any_engine, APRIL)
    paid_at = datetime(2027, 4, 28, 21, tzinfo=UTC)
    book(any_engine, "payment", -10_000, paid_at)
    for _ in range(2):
        undo(any_engine, at=paid_at)
    made = month_file(any_engine, APRIL, datetime(2027, 4, 29, 12, tzinfo=UTC))
    told = only(made)
    assert made.name == "metro2-2027-04-2.txt"
    assert check_file(made.data) == []
    assert (told["account_status"], told["payment_rating"], told["correction_indicator"]) == ("13", "3", 1)
    for month in (APRIL, MAY):
        assert month_file(any_engine, month, datetime(2027, 5, 20, tzinfo=UTC)).lines == 0
    assert [(row.month, row.number, row.account_status) for row in months(any_engine)] == [
        ("2027-04", 0, "80"),
        ("2027-04", 1, "13"),
    ]


def test_what_may_not_stand_is_deleted_once_and_what_no_file_told_ends_without_a_word(any_engine: Engine) -> None:
    add_furnishable(any_engine)
    begin(any_engine)
    month_file(any_engine, APRIL)
    assert undo(any_engine, at=datetime(2027, 4, 28, 22, tzinfo=UTC)).deleted
    told = only(month_file(any_engine, MAY))
    assert (told["account_status"], told["date_of_first_delinquency"]) == ("DA", None)
    assert month_file(any_engine, JUNE).lines == 0
    add_furnishable(any_engine, "B-1")
    begin(any_engine, "B-1")
    assert undo(any_engine, "B-1").ended_at == BEGUN
    assert month_file(any_engine, JUNE).lines == 0


def test_an_account_that_is_cured_is_current_and_begins_anew_when_it_falls_behind_again(any_engine: Engine) -> None:
    add_furnishable(any_engine, due={date(2027, 1, 3): 6_000, date(2027, 4, 20): 4_000})
    begin(any_engine)
    assert only(month_file(any_engine, APRIL))["amount_past_due"] == 60
    book(any_engine, "payment", -6_000, datetime(2027, 5, 1, tzinfo=UTC))
    current = only(month_file(any_engine, MAY, datetime(2027, 5, 15, tzinfo=UTC)))
    assert (current["account_status"], current["date_of_first_delinquency"]) == ("11", None)
    assert current["amount_past_due"] == 0
    again = only(month_file(any_engine, JUNE))
    assert (again["account_status"], again["date_of_first_delinquency"]) == ("78", date(2027, 5, 20))


def test_charge_off_and_collection_have_statuses_of_their_own_before_and_after_payment(any_engine: Engine) -> None:
    for account_id in ("A-1", "B-1"):
        add_furnishable(any_engine, account_id)
        begin(any_engine, account_id)
    with writing(any_engine) as connection:
        row = {"key": "k", "account_id": "A-1", "case_id": "A-1-1", "amount_minor": 10_000, "at": BEGUN}
        connection.execute(insert(schema.charge_off), row)
        connection.execute(
            insert(schema.placement).values(
                order_key="o", account_id="B-1", agency="harbour", status="placed", placed_at=BEGUN, placed_version=1,
                currency="USD", principal_minor=10_000, interest_minor=0, fees_minor=0, product="pay_later",
                days_past_due=97, commission_bp=0, told_at=BEGUN, objections=0, objection_code="", close_code="",
            )
        )  # fmt: skip
    told = {str(line["consumer_account_number"]): line for line in lines(month_file(any_engine, APRIL))}
    assert (told["A1"]["account_status"], told["A1"]["original_charge_off"]) == ("97", 100)
    assert told["B1"]["account_status"] == "93"
    for account_id in ("A-1", "B-1"):
        book(any_engine, "payment", -10_000, datetime(2027, 5, 2, tzinfo=UTC), account_id)
    with writing(any_engine) as connection:
        connection.execute(schema.placement.update().values(status="recalled", closed_on=date(2027, 5, 3)))
    made = month_file(any_engine, MAY)
    assert check_file(made.data) == []
    told = {str(line["consumer_account_number"]): line for line in lines(made)}
    assert (told["A1"]["account_status"], told["B1"]["account_status"]) == ("64", "62")


def test_a_bankruptcy_keeps_the_account_out_and_a_death_shows(any_engine: Engine) -> None:
    add_furnishable(any_engine)
    begin(any_engine)
    add_hold(any_engine, "bankruptcy", BEGUN)
    refused = month_file(any_engine, APRIL)
    assert refused.lines == 0
    assert "consumer_information (positions 326-327): a bankruptcy stands" in refused.refused[0].why
    release_holds(any_engine, BEGUN + DAY)
    add_hold(any_engine, "deceased", BEGUN + 2 * DAY)
    assert only(month_file(any_engine, APRIL))["ecoa_code"] == "X"


def test_a_bad_field_keeps_one_account_out_and_names_it_and_the_others_go(any_engine: Engine) -> None:
    for account_id in ("A-1", "A_1", "B-1"):
        add_furnishable(any_engine, account_id)
        begin(any_engine, account_id)
    with writing(any_engine) as connection:
        bad = schema.furnishing_subject.c.account_id == "B-1"
        connection.execute(schema.furnishing_subject.update().where(bad).values(surname="Ng+", zip="1"))
    made = month_file(any_engine, APRIL)
    assert made.lines == 1
    why = {each.account_id: each.why for each in made.refused}
    assert why["B-1"] == (
        "account B-1 is not furnished: surname (positions 232-256): must be capital letters with single blanks or "
        "hyphens between them; zip (positions 416-424): must be five or nine digits"
    )
    assert any("consumer_account_number (positions 43-72): would be that of" in each for each in why.values())
    with writing(any_engine) as connection:
        connection.execute(schema.furnishing_subject.update().where(bad).values(surname="Ng", zip="30303"))
    assert [line["surname"] for line in lines(month_file(any_engine, APRIL))] == ["NG"]


def test_who_collects_for_another_names_the_original_creditor(any_engine: Engine) -> None:
    add_furnishable(any_engine)
    begin(any_engine)
    made = month_file(any_engine, APRIL, agency=True)
    assert made.data.decode().splitlines()[1][426:] == "K1" + "LANTERN WALLET".ljust(30) + "12"
    assert check_file(made.data) == []


@pytest.mark.parametrize(
    ("month", "says"), [(date(2027, 5, 1), "has not begun"), (date(2027, 2, 1), "is over for more than a month")]
)
def test_no_month_is_furnished_ahead_or_long_after(any_engine: Engine, month: date, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        month_file(any_engine, month, BEGUN)


ROW = "A-1,2025-02-01,500.99,600,Okafor,Denise,,1990-04-12,12 Sample Street,,Atlanta,GA,30303"


def subjects(*rows: str) -> bytes:
    return "\n".join((",".join(COLUMNS), *rows)).encode()


def test_subjects_come_in_by_rows_and_the_same_row_again_changes_nothing(any_engine: Engine) -> None:
    add_debt(any_engine)
    for taken, unchanged in ((1, 0), (0, 1)):
        took = take_subjects(any_engine, subjects(ROW), BEGUN)
        assert (took.taken, took.unchanged, took.bad) == (taken, unchanged, ())
    assert take_subjects(any_engine, subjects(ROW.replace("Atlanta", "Decatur")), BEGUN).taken == 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("A-1,", "A-9,", "account_id: is not in the case database"),
        ("Okafor", "陈", "surname: must be 1 to 25 letters and signs of ASCII"),
        ("1990-04-12", "2020-04-12", "born_on: must be the birth of an adult"),
        ("1990-04-12", "", "born_on: must be a date"),
        ("GA", "XX", "state: must be a state's two letters"),
        ("30303", "3030", "zip: must be five or nine digits"),
        ("500.99", "5,00", "zip: must be five or nine digits"),
        ("2025-02-01", "soon", "opened_on: must be a date"),
    ],
)
def test_a_bad_row_is_named_by_field_and_not_by_value(any_engine: Engine, old: str, new: str, says: str) -> None:
    add_debt(any_engine)
    [bad] = take_subjects(any_engine, subjects(ROW.replace(old, new)), BEGUN).bad
    assert says in bad.reason
    assert "Okafor" not in bad.reason


def test_a_file_that_is_none_is_refused(any_engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="the first line must be account_id,opened_on"):
        take_subjects(any_engine, b"a,b\n1,2\n", BEGUN)
    with pytest.raises(InvalidInput, match="is not CSV in UTF-8"):
        take_subjects(any_engine, b"\xff\xfe", BEGUN)


def test_an_erasure_takes_the_subject_with_it_and_none_comes_in_again(any_database: str) -> None:
    engine = open_engine(any_database, suppression_salt="a salt for tests")
    add_furnishable(engine, ledger={"charge": 100, "payment": -100}, balance_minor=0)
    found = erase(engine, "P-A-1", BEGUN + 4_000 * DAY, years_kept=1)
    assert found.reasons == ()
    with reading(engine) as connection:
        assert connection.execute(schema.furnishing_subject.select()).first() is None
    [bad] = take_subjects(engine, subjects(ROW), BEGUN).bad
    assert "its person was erased" in bad.reason
    engine.dispose()
