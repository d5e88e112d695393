"""Choosing members: the same on both databases, whatever SQL narrows down, and everybody else with a reason."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine, insert, select, update

from casedb import schema
from casedb.campaigns import _PAGE as _MEMBERS
from casedb.campaigns import NewCampaign, create_campaign, drop_campaign, freeze_members
from casedb.candidates import _ROWS, read_candidates
from casedb.engine import open_engine, reading, writing
from casedb.id_list import read_ids
from casedb.selecting import Chosen, Selection, SelectionTotals, choose
from casedb.sweep import _PAGE
from domain.errors import InvalidInput
from domain.selection import Condition, holds_for
from domain.selection_words import read_condition
from domain.vocabulary import Clock
from tests.casedb.debts import add_case, add_debt
from tests.domain.cases import STANDARD
from tests.domain.test_selection import CONDITIONS

NOW = datetime(2027, 2, 1, 12, tzinfo=UTC)


def owing(engine: Engine, account_id: str, days: int, **account: object) -> str:
    due = (NOW - timedelta(days=days)).date()
    return add_debt(engine, account_id, due={due: 10_000}, **account)


def chosen(engine: Engine, words: str = "", *, page_size: int = 2, **more: object) -> list[Chosen]:
    selection = Selection(condition=read_condition(words), **more)  # type: ignore[arg-type]
    pages = choose(engine, selection, [STANDARD], NOW, page_size=page_size)
    return [each for page in pages for each in page]


def taken(found: list[Chosen]) -> list[str]:
    return [each.account_id for each in found if each.excluded is None]


@pytest.fixture
def book(any_engine: Engine) -> Engine:
    """Seven accounts of which five owe and are overdue, some of a segment, one in another currency."""
    for number, (days, segment) in enumerate(((3, "prime"), (35, "prime"), (40, "staff"), (90, "")), start=1):
        owing(any_engine, f"A-{number}", days, segment=segment)
    owing(any_engine, "A-5", 10, currency="EUR", product="card")
    owing(any_engine, "A-6", -5)
    owing(any_engine, "A-7", 10, balance_minor=0)
    return any_engine


def test_a_selection_is_walked_page_by_page_and_tells_who_is_left_out(book: Engine) -> None:
    everybody = chosen(book)
    assert taken(everybody) == ["A-1", "A-2", "A-3", "A-4", "A-5"]
    assert {each.account_id: each.excluded.reason.value for each in everybody if each.excluded} == {
        "A-6": "not_overdue"
    }
    assert taken(chosen(book, "dpd >= 35 and segment != 'staff'")) == ["A-2", "A-4"]
    assert taken(chosen(book, "30 <= dpd <= 60 and product = 'pay_later'")) == ["A-2", "A-3"]
    assert taken(chosen(book, "currency = 'EUR' and balance >= 100.00")) == ["A-5"]
    assert chosen(book, "currency = 'EUR' and balance > 100.00") == []


def paid(engine: Engine, account_id: str, days_ago: int) -> None:
    at = NOW - timedelta(days=days_ago)
    entry = {"entry_id": f"{account_id}:paid:{days_ago}", "account_id": account_id, "version": 90 + days_ago}
    with writing(engine) as connection:
        connection.execute(
            insert(schema.ledger_entry), entry | {"kind": "payment", "amount_minor": -1, "at": at, "recorded_at": at}
        )


def test_who_paid_lately_and_who_never_did_are_told_apart(book: Engine) -> None:
    paid(book, "A-1", 40)
    paid(book, "A-1", 5)
    paid(book, "A-2", 40)
    assert taken(chosen(book, "days_since_payment <= 30")) == ["A-1"]
    assert taken(chosen(book, "days_since_payment = 40")) == ["A-2"]
    assert taken(chosen(book, "days_since_payment > 30")) == ["A-2", "A-3", "A-4", "A-5"]
    assert taken(chosen(book, "not days_since_payment < 100000")) == ["A-3", "A-4", "A-5"]


def test_how_the_last_case_ended_and_the_language_choose(book: Engine) -> None:
    with writing(book) as connection:
        for number, (days, reason) in enumerate(((60, "paid"), (20, "settled")), start=1):
            ended = {"stage": "closed", "closed_at": NOW - timedelta(days=days), "close_reason": reason}
            add_case(connection, "A-1", case_id=f"A-1-{number}", **ended)
        add_case(connection, "A-2", stage="closed", closed_at=NOW, close_reason="paid")
        of_one = update(schema.person).where(schema.person.c.person_id == "P-A-3")
        connection.execute(of_one.values(locale="zh"))
    assert taken(chosen(book, "last_outcome = 'settled'")) == ["A-1"]
    assert taken(chosen(book, "last_outcome = 'paid'")) == ["A-2"]
    assert taken(chosen(book, "last_outcome = '' and locale != 'zh'")) == ["A-4", "A-5"]
    assert taken(chosen(book, "locale = 'zh'")) == ["A-3"]


def test_days_that_a_hold_takes_off_are_no_days_past_due(book: Engine) -> None:
    hold = {
        "hold_id": "h", "person_id": "P-A-4", "kind": "custom", "reason": "", "owner": "care", "pauses_dpd": True,
        "starts_at": NOW - timedelta(days=80), "ends_at": NOW - timedelta(days=20), "placed_by": "", "released_by": "",
    }  # fmt: skip
    with writing(book) as connection:
        connection.execute(insert(schema.hold), hold)
    assert taken(chosen(book, "dpd > 40")) == []
    assert taken(chosen(book, "dpd = 30")) == ["A-4"]


def test_a_file_of_ids_accounts_for_every_id_in_it(book: Engine, tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_text("name,account_id\nx,A-7\nx,A-2\nx,nobody\nx,A-2\nx,A-1\n")
    ids = read_ids(path)
    assert (ids.count, ids.words) == (4, "4 accounts of ids.csv")
    found = chosen(book, ids=ids)
    assert taken(found) == ["A-1", "A-2"]
    assert {each.account_id: each.excluded.reason.value for each in found if each.excluded} == {
        "A-7": "nothing_owed",
        "nobody": "unknown_account",
    }
    assert taken(chosen(book, "dpd > 20", ids=ids)) == ["A-2"]


@pytest.mark.parametrize(
    ("text", "told"), [("", "names no account"), ("A 1\n", "line 1: not the id"), ("\xff", "UTF-8")]
)
def test_a_file_that_holds_no_ids_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "ids.txt"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InvalidInput, match=told):
        read_ids(path)


@pytest.fixture(scope="module")
def one_book(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Twenty accounts, the same for every example."""
    path = tmp_path_factory.mktemp("book") / "cases.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = open_engine(f"sqlite:///{path}")
    labels = ["prime", "staff", "it's", 'a "b"', "pay_later", "\\n", "=", "and"]
    for number in range(20):
        owing(engine, f"A-{number:02}", number, segment=labels[number % 8], product=labels[number // 3])
        if number % 3:
            paid(engine, f"A-{number:02}", number)
    yield engine
    engine.dispose()


@given(CONDITIONS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_what_sql_narrows_down_loses_nobody(one_book: Engine, condition: Condition) -> None:
    with reading(one_book) as connection:
        ids = connection.scalars(select(schema.account.c.account_id).order_by("account_id")).all()
        everybody = [each.candidate for each in read_candidates(connection, ids, NOW)]
    expected = [each.account_id for each in everybody if holds_for(condition, each)]
    pages = choose(one_book, Selection(condition=condition), (), NOW, page_size=7)
    assert [each.account_id for page in pages for each in page] == expected


def new(campaign_id: str) -> NewCampaign:
    return NewCampaign(
        campaign_id=campaign_id,
        name="A",
        strategy="wallet-standard",
        started_by="ops",
        clock=Clock.REAL,
        started_at=NOW,
    )


def members(engine: Engine, campaign_id: str) -> list[str]:
    member = schema.campaign_member
    with reading(engine) as connection:
        mine = select(member.c.account_id).where(member.c.campaign_id == campaign_id).order_by(member.c.account_id)
        return list(connection.scalars(mine))


def test_a_start_stores_exactly_whom_a_preview_counts_and_they_stay(book: Engine) -> None:
    selection = Selection(condition=read_condition("dpd >= 10"))
    counted = SelectionTotals()
    for page in choose(book, selection, [STANDARD], NOW):
        for each in page:
            counted.add(each)
    stored = freeze_members(book, new("c"), selection, [STANDARD])
    assert stored == counted
    assert counted.members_minor == {"USD": 30_000, "EUR": 10_000}
    with writing(book) as connection:
        connection.execute(update(schema.account).values(balance_minor=0))
    assert members(book, "c") == ["A-2", "A-3", "A-4", "A-5"]
    with reading(book) as connection:
        row = connection.execute(select(schema.campaign)).one()
    assert (row.selection, row.status) == ("dpd >= 10", "preparing")


def test_an_interrupted_start_is_done_anew_and_a_refused_one_leaves_nothing(book: Engine) -> None:
    freeze_members(book, new("c"), Selection(), [STANDARD])
    assert freeze_members(book, new("c"), Selection(condition=read_condition("dpd = 3")), [STANDARD]).members == 1
    assert members(book, "c") == ["A-1"]
    drop_campaign(book, "c")
    assert members(book, "c") == []
    with pytest.raises(
        InvalidInput, match="nobody can be enrolled, every account is left out: nothing is overdue yet 1"
    ):
        freeze_members(book, new("c"), Selection(condition=read_condition("account = 'A-6'")), [STANDARD])
    with reading(book) as connection:
        assert connection.execute(select(schema.campaign)).all() == []


def test_two_campaigns_never_wait_for_the_same_account(book: Engine) -> None:
    create_campaign(book, new("first"), Selection(condition=read_condition("dpd >= 35")))
    with writing(book) as connection:
        add_case(connection, "A-1")
    second = {each.account_id: each.excluded.reason.value for each in chosen(book) if each.excluded}
    assert second == {
        "A-1": "open_case", "A-2": "enrolling", "A-3": "enrolling", "A-4": "enrolling", "A-6": "not_overdue",
    }  # fmt: skip
    drop_campaign(book, "first")
    assert members(book, "first") == ["A-2", "A-3", "A-4"], "one that runs is not dropped"


def test_no_question_about_an_account_reads_every_member_there_is(sqlite_engine: Engine) -> None:
    """Asked for each account of a book: what scans the members for one of them takes days for a million."""
    with reading(sqlite_engine) as connection:
        for statement in (_ROWS.params(ids=["A-1"], but=""), _PAGE._statement):
            words = str(statement.compile(sqlite_engine, compile_kwargs={"render_postcompile": True}))
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", (None,) * words.count("?")).all()
            scanned = [row.detail for row in plan if row.detail.startswith("SCAN campaign_member")]
            assert scanned == [], statement


def test_whether_a_member_has_a_case_here_is_looked_up_by_account_and_campaign(sqlite_engine: Engine) -> None:
    """By the campaign alone it reads every case of it for each member: starting a campaign is quadratic then."""
    with reading(sqlite_engine) as connection:
        words = str(_MEMBERS._statement.compile(sqlite_engine))
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", (None,) * words.count("?")).all()
    of_case = [row.detail for row in plan if row.detail.startswith(("SEARCH case", "SCAN case"))]
    assert ["case_account_campaign (account_id=? AND campaign_id=?)" in each for each in of_case] == [True]


def test_a_due_date_is_judged_by_the_accounts_own_calendar(book: Engine) -> None:
    for account_id, zone in (("Z-1", "Pacific/Auckland"), ("Z-2", "Pacific/Honolulu")):
        add_debt(book, account_id, due={date(2027, 2, 1): 10_000}, zone=zone)
    assert taken(chosen(book, "account in ('Z-1', 'Z-2')")) == ["Z-1"]
