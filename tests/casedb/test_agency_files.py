"""Placements, files out and files in on real databases: everything once, and nothing leaves that should not."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from casedb import placements, schema
from casedb.agency_export import export
from casedb.agency_intake import take_file
from casedb.engine import reading, writing
from casedb.inbox import unsignalled
from domain.errors import InvalidInput, NotKnown, StepRefused
from domain.placement.agency import FileForm
from domain.placement.csv_file import read_csv
from domain.placement.fixed_file import read_fixed
from domain.placement.life import PlacementStatus, RecallReason
from domain.placement.records import RecordKind
from domain.vocabulary import HoldKind
from tests.casedb.agencies import (
    AGENCIES,
    DAY,
    HARBOUR,
    NORTHGATE,
    NOW,
    add_owing,
    file_of,
    hold,
    kinds_of,
    pay_us,
    payment,
    place,
    placed_and_told,
    placements_of,
    record,
    rows,
    send,
    take,
)


def test_an_account_is_placed_once_per_order_and_told_once(any_engine: Engine) -> None:
    add_owing(any_engine)
    first, again = place(any_engine), place(any_engine)
    assert first == again
    assert (first.principal_minor, first.interest_minor, first.fees_minor) == (9_250, 250, 500)
    assert (first.total_minor, first.days_past_due, first.commission_bp) == (10_000, 121, 2_000)
    with pytest.raises(StepRefused, match=r"is with agency harbour as file number \d+: recall it first"):
        place(any_engine, key="another")
    [made] = send(any_engine).files
    assert made.name == "harbour-000001-account.csv"
    [line] = read_csv(made.data).lines
    told = line.record
    assert (told.text("name"), told.amount("total"), told.text("account")) == ("Wei Chen", 10_000, "A-1")
    assert told.day("dofd") == date(2027, 2, 2)
    assert send(any_engine).files == ()
    assert placements_of(any_engine)[0].state.told


@pytest.mark.parametrize("kind", [HoldKind.DISPUTE, HoldKind.BANKRUPTCY, HoldKind.DECEASED])
def test_no_account_is_placed_under_a_hold_that_forbids_it_nor_told_when_one_came_since(
    any_engine: Engine, kind: HoldKind
) -> None:
    add_owing(any_engine, "A-2")
    place(any_engine, "A-2")
    hold(any_engine, kind, "A-2")
    sent = send(any_engine)
    assert sent.files == ()
    assert "a hold stands" in sent.kept_back[0].why
    add_owing(any_engine)
    with writing(any_engine) as connection:
        values = {"hold_id": "X", "person_id": "P-A-1", "kind": kind.value, "reason": "", "owner": "care"}
        connection.execute(
            insert(schema.hold).values(**values, starts_at=NOW, pauses_dpd=True, placed_by="", released_by="")
        )
    with pytest.raises(StepRefused, match="no agency may collect it while that hold stands"):
        place(any_engine)


@pytest.mark.parametrize(
    ("account", "agency", "says"),
    [
        ({"ledger": {"charge": 100, "payment": -100}}, HARBOUR, "owes nothing"),
        ({"currency": "EUR"}, NORTHGATE, "is in EUR, agency northgate takes USD"),
    ],
)
def test_what_an_agency_cannot_take_is_refused(
    any_engine: Engine, account: dict[str, Any], agency: Any, says: str
) -> None:
    add_owing(any_engine, **account)
    with pytest.raises(StepRefused, match=says):
        place(any_engine, agency=agency)


def test_what_is_undone_before_any_file_went_out_is_never_told(any_engine: Engine) -> None:
    add_owing(any_engine)
    known = place(any_engine)
    pay_us(any_engine, 10_000)
    with writing(any_engine) as connection:
        for _ in range(2):
            state = placements.undo(connection, HARBOUR, known.order_key, "undo", NOW)
    assert (state.status, state.recall_reason) == (PlacementStatus.CLOSED, RecallReason.PAID)
    assert send(any_engine) == send(any_engine)
    assert send(any_engine).files == ()
    assert rows(any_engine, "placement")[0].undo_key == "undo"
    with writing(any_engine) as connection, pytest.raises(NotKnown, match="nothing was placed under"):
        placements.undo(connection, HARBOUR, "never", "undo", NOW)


def test_a_recall_goes_out_pending_and_then_final_once_each(any_engine: Engine) -> None:
    known = placed_and_told(any_engine)
    with writing(any_engine) as connection:
        for _ in range(2):
            placements.recall(connection, HARBOUR, known.file_number, RecallReason.CREDITOR, NOW)
    assert kinds_of(send(any_engine)) == ["CPEN"]
    assert kinds_of(send(any_engine, at=NOW + 9 * DAY)) == []
    assert kinds_of(send(any_engine, at=NOW + 10 * DAY)) == ["CFIN"]
    assert kinds_of(send(any_engine, at=NOW + 40 * DAY)) == []
    [over] = placements_of(any_engine)
    assert (over.state.status, over.state.closed_on) == (PlacementStatus.RECALLED, (NOW + 10 * DAY).date())
    assert place(any_engine, key="second").file_number > known.file_number


def test_the_time_to_object_begins_when_the_agency_hears_of_the_recall(any_engine: Engine) -> None:
    known = placed_and_told(any_engine)
    with writing(any_engine) as connection:
        placements.recall(connection, HARBOUR, known.file_number, RecallReason.CREDITOR, NOW)
    assert kinds_of(send(any_engine, at=NOW + 30 * DAY)) == ["CPEN"]
    assert kinds_of(send(any_engine, at=NOW + 39 * DAY)) == []
    assert kinds_of(send(any_engine, at=NOW + 40 * DAY)) == ["CFIN"]


def test_a_wait_that_was_cut_short_before_anybody_heard_of_it_is_never_told(any_engine: Engine) -> None:
    known = placed_and_told(any_engine)
    with writing(any_engine) as connection:
        for reason in (RecallReason.CREDITOR, RecallReason.PAID):
            placements.recall(connection, HARBOUR, known.file_number, reason, NOW)
    assert kinds_of(send(any_engine)) == ["CFIN"]
    assert kinds_of(send(any_engine, at=NOW + 60 * DAY)) == []


def test_an_objection_moves_the_final_recall_and_comes_once(any_engine: Engine) -> None:
    known = placed_and_told(any_engine)
    with writing(any_engine) as connection:
        placements.recall(connection, HARBOUR, known.file_number, RecallReason.CREDITOR, NOW - DAY)
    assert kinds_of(send(any_engine, at=NOW - DAY)) == ["CPEN"]
    told = {"objection_reason_code": "PPA", "objection_date": NOW.date()}
    assert take(any_engine, record(RecordKind.OBJECTION, known, **told)).applied == 1
    again = take(any_engine, record(RecordKind.OBJECTION, known, **told))
    assert (again.applied, again.repeated, again.seen_before) == (0, 1, True)
    late = take(any_engine, record(RecordKind.OBJECTION, known, **told | {"objection_date": (NOW - DAY).date()}))
    assert "objected to 1 times already" in late.bad[0].reason
    assert kinds_of(send(any_engine, at=NOW + 28 * DAY)) == []
    assert kinds_of(send(any_engine, at=NOW + 29 * DAY)) == ["CFIN"]
    assert rows(any_engine, "placement")[0].objection_code == "PPA"


def test_money_that_the_agency_took_is_on_the_ledger_once_and_waits_to_be_told(any_engine: Engine) -> None:
    known = placed_and_told(any_engine)
    first = take(any_engine, payment(known), payment(known, "P2", 100))
    again = take(any_engine, payment(known), payment(known, "P2", 100))
    other = take(any_engine, payment(known, "P2", 100), payment(known, "P3", 50))
    assert (first.applied, again.applied, again.repeated, other.applied, other.repeated) == (2, 0, 2, 1, 1)
    assert rows(any_engine, "account")[0].balance_minor == 10_000 - 2_650
    receipts = unsignalled(any_engine, NOW, 10)
    assert {receipt.event_id for receipt in receipts} == {f"agency:harbour:PA:P{number}" for number in (1, 2, 3)}
    assert all(receipt.event() is not None for receipt in receipts)
    assert send(any_engine).files == (), "the agency is not told of what it took itself"


def test_a_reversal_is_taken_after_its_payment_wherever_it_stands(any_engine: Engine) -> None:
    known = placed_and_told(any_engine)
    back = payment(known, "P1", payment_type="PAR")
    assert "reverses a payment that was not taken before" in take(any_engine, back).bad[0].reason
    assert take(any_engine, back, payment(known)).applied == 2
    assert rows(any_engine, "account")[0].balance_minor == 10_000


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"amount": 2_501}, "stands for another amount"),
        ({"payment_date": date(2027, 5, 2)}, "stands for another amount, day"),
        ({"payment_date": date(2027, 5, 5), "payment_identifier": "P9"}, "payment_date: lies in the future"),
        ({"file_number": 999, "payment_identifier": "P9"}, "file number 999 is not known"),
        ({"account": "A-7", "payment_identifier": "P9"}, "account: is not the one of file number"),
        ({"currency": "EUR", "payment_identifier": "P9"}, "kept in USD"),
        ({"amount": 0, "payment_identifier": "P9"}, "must be a positive whole number"),
        ({"payment_identifier": "P" * 65}, "is longer than 64"),
    ],
)
def test_a_payment_that_cannot_be_true_goes_back_and_the_others_stay(
    any_engine: Engine, changed: dict[str, Any], says: str
) -> None:
    known = placed_and_told(any_engine)
    take(any_engine, payment(known))
    before = (rows(any_engine, "ledger_entry"), rows(any_engine, "inbox_event"), rows(any_engine, "agency_payment"))
    values = dict(payment(known).values) | changed
    took = take(any_engine, type(payment(known))(RecordKind.PAYMENT, values), payment(known, "P2", 5))
    assert (took.applied, len(took.bad)) == (1, 1)
    assert says in took.bad[0].reason
    after = (rows(any_engine, "ledger_entry"), rows(any_engine, "inbox_event"), rows(any_engine, "agency_payment"))
    assert [len(each) for each in after] == [len(each) + 1 for each in before]


def test_another_agencys_file_number_is_not_taken(any_engine: Engine) -> None:
    known = placed_and_told(any_engine)
    took = take(any_engine, payment(known), agency=NORTHGATE)
    assert took.bad[0].reason == f"file number {known.file_number} is not with agency northgate"


def test_a_file_with_a_wrong_trailer_or_of_nobody_changes_nothing_at_all(any_engine: Engine) -> None:
    known = placed_and_told(any_engine)
    data = file_of(payment(known), agency=NORTHGATE).replace(b"0000000001000000025.00", b"0000000002000000025.00")
    with pytest.raises(InvalidInput, match="says 2 records and the file has 1"):
        take_file(any_engine, AGENCIES, "f", data, NOW)
    stranger = file_of(payment(known), agency=NORTHGATE).replace(b"northgate ", b"northgat3 ")
    with pytest.raises(NotKnown, match=r"no agency of config/agencies\.yaml"):
        take_file(any_engine, AGENCIES, "f", stranger, NOW)
    with pytest.raises(InvalidInput, match="goes to an agency"):
        take(any_engine, record(RecordKind.PENDING_RECALL, known, recall_reason="CLI"))
    assert rows(any_engine, "agency_payment") == []
    assert [row.direction for row in rows(any_engine, "agency_file")] == ["out"]


def test_what_comes_to_us_goes_to_the_agency_once_and_what_is_paid_is_recalled_at_once(any_engine: Engine) -> None:
    known = placed_and_told(any_engine)
    pay_us(any_engine, 4_000)
    take(any_engine, payment(known))
    [made] = send(any_engine).files
    [line] = read_csv(made.data).lines
    assert (line.record.kind, line.record.amount("amount"), line.record.text("batch_type")) == (
        RecordKind.DIRECT_PAYMENT,
        4_000,
        "PC",
    )
    assert send(any_engine).files == ()
    pay_us(any_engine, 3_500, "pay-2")
    assert kinds_of(send(any_engine)) == ["CPAY", "CFIN"]
    [over] = placements_of(any_engine)
    assert (over.state.status, over.state.recall_reason) == (PlacementStatus.RECALLED, RecallReason.PAID)
    pay_us(any_engine, 10, "pay-3")
    assert send(any_engine).files == ()


def test_a_dispute_and_a_complaint_are_told_when_they_begin_and_when_they_end(any_engine: Engine) -> None:
    placed_and_told(any_engine)
    hold(any_engine, HoldKind.DISPUTE)
    hold(any_engine, HoldKind.COMPLAINT)
    assert kinds_of(send(any_engine)) == ["CDIS", "CCPT"]
    assert kinds_of(send(any_engine)) == []
    hold(any_engine, HoldKind.DISPUTE, released=True)
    [made] = send(any_engine).files
    [line] = read_csv(made.data).lines
    assert line.record.day("date_closed") == (NOW + DAY).date()
    assert kinds_of(send(any_engine)) == []


def test_a_death_places_its_hold_on_the_person_and_recalls_at_once(any_engine: Engine) -> None:
    known = placed_and_told(any_engine)
    told = record(RecordKind.DECEASED, known, source_code="FAM", date_of_death=date(2027, 4, 2))
    assert take(any_engine, told).applied == 1
    assert take(any_engine, told).repeated == 1
    [row] = rows(any_engine, "hold")
    assert (row.kind, row.person_id, row.account_id, row.owner) == ("deceased", "P-A-1", None, "care")
    assert row.review_at == NOW + 30 * DAY
    assert kinds_of(send(any_engine)) == ["CFIN"]
    assert [receipt.event() is not None for receipt in unsignalled(any_engine, NOW, 10)] == [True]


@pytest.mark.parametrize(
    ("code", "kind"), [("BKP", "bankruptcy"), ("DEC", "deceased"), ("DIS", "dispute"), ("UNC", None), ("PIF", None)]
)
def test_close_and_return_ends_the_placement_with_what_follows_from_its_code(
    any_engine: Engine, code: str, kind: str | None
) -> None:
    known = placed_and_told(any_engine)
    told = record(RecordKind.CLOSED, known, close_code=code, close_date=NOW.date())
    assert take(any_engine, told).applied == 1
    assert take(any_engine, told).repeated == 1
    [over] = placements_of(any_engine)
    assert (over.state.status, over.state.close_code) == (PlacementStatus.RETURNED, code)
    assert [row.kind for row in rows(any_engine, "hold")] == ([kind] if kind else [])
    assert kinds_of(send(any_engine)) == []


def test_a_dispute_that_the_agency_heard_of_opens_a_hold_and_is_not_told_back_as_news_twice(any_engine: Engine) -> None:
    known = placed_and_told(any_engine)
    told = record(RecordKind.DISPUTED, known, id=3, date_received=NOW.date(), details="not mine")
    assert take(any_engine, told).applied == 1
    assert take(any_engine, told).repeated == 1
    [row] = rows(any_engine, "hold")
    assert (row.kind, row.account_id) == ("dispute", "A-1")
    assert "not mine" not in str(rows(any_engine, "inbox_event"))
    assert kinds_of(send(any_engine)) == ["CDIS"]


def test_a_new_address_is_tried_first_and_the_old_one_stays(any_engine: Engine) -> None:
    known = placed_and_told(any_engine)
    told = record(
        RecordKind.ADDRESS, known, new_street1="7 Model Road", new_city="Decatur", new_state="GA", new_zipcode="30030",
        date_updated=NOW.date(),
    )  # fmt: skip
    assert take(any_engine, told).applied == 1
    assert take(any_engine, told).repeated == 1
    [row] = rows(any_engine, "contact_point")
    assert (row.channel, row.address, row.preference) == ("letter", "7 Model Road\nDecatur GA 30030", -1)
    assert "Model" not in str([row for table in ("agency_file", "agency_record") for row in rows(any_engine, table)])


def test_the_fixed_form_tells_the_person_in_records_of_its_own(any_engine: Engine) -> None:
    add_owing(any_engine)
    place(any_engine, agency=NORTHGATE)
    [made] = send(any_engine, NORTHGATE).files
    read = read_fixed(made.data, "USD")
    assert read.lines[0].record.kind is RecordKind.ACCOUNT
    assert read.totals.sums == {"USD": 10_000}
    told = {line.record.text("title"): line.record.text("data") for line in read.lines[1:]}
    assert (told["NAME"], told["LANGUAGE"], told["TOTAL"]) == ("Wei Chen", "en", "100.00")
    assert made.name == "northgate-000001-placement.txt"


def test_a_name_that_the_fixed_form_cannot_hold_is_kept_back_with_its_reason_and_the_others_go(
    any_engine: Engine,
) -> None:
    for account in ("A-1", "A-2"):
        add_owing(any_engine, account)
        place(any_engine, account, NORTHGATE)
    with writing(any_engine) as connection:
        connection.execute(schema.person.update().where(schema.person.c.person_id == "P-A-1").values(full_name="陈伟"))
    sent = send(any_engine, NORTHGATE)
    [kept] = sent.kept_back
    assert (kept.account_id, "must be plain ASCII" in kept.why) == ("A-1", True)
    [made] = sent.files
    assert {line.record.text("account") for line in read_fixed(made.data, "USD").lines} == {"A-2"}
    assert [row.file_name for row in rows(any_engine, "agency_record")] == [None, made.name]
    with reading(any_engine) as connection:
        assert not placements.of_account(connection, "A-1")[0].state.told
    [late] = send(any_engine, NORTHGATE, form=FileForm.CSV).files
    assert read_csv(late.data).lines[0].record.text("name") == "陈伟"


def test_an_export_that_was_rolled_back_is_made_again_under_the_same_name(any_engine: Engine) -> None:
    add_owing(any_engine)
    place(any_engine)

    made = []

    def cut() -> None:
        with writing(any_engine) as connection:
            made.append(export(connection, HARBOUR, HARBOUR.form, NOW))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cut()
    assert made == [send(any_engine)]
