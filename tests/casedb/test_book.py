"""What the import of a book promises: once, resumable, never older, never silent."""

import csv
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, select

from casedb import book
from casedb.book import BookReport, Counts, import_book, redate
from casedb.book_file import COLUMNS, open_book, read_lines
from casedb.engine import reading
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.schema import account, consent, contact_point, ledger_entry, obligation, person
from domain.errors import InvalidInput
from tests.casedb.books import row, write_book

EXAMPLES = Path(__file__).parents[2] / "examples"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def took(report: BookReport) -> tuple[int, int, int, int]:
    """Accepted, updated, unchanged, rejected."""
    return report.accepted, report.updated, report.unchanged, report.rejected


def rows_of(engine: Engine, table: Table) -> list[Any]:
    """Every row, in the order of its key; and each ledger must sum to its balance."""
    with reading(engine) as connection:
        sums = dict(
            connection.execute(
                select(ledger_entry.c.account_id, func.sum(ledger_entry.c.amount_minor)).group_by(
                    ledger_entry.c.account_id
                )
            ).all()
        )
        for known in connection.execute(select(account)):
            assert sums.get(known.account_id, 0) == known.balance_minor
        return list(connection.execute(select(table).order_by(*table.primary_key.columns)).all())


def rejected(report: BookReport) -> list[dict[str, str]]:
    """The rejects file, row by row."""
    assert report.rejects_path is not None
    with report.rejects_path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_example_is_taken_whole_and_the_second_time_changes_nothing(any_engine: Engine, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    first = import_book(any_engine, EXAMPLES / "overdue_accounts.csv", now=NOW, rejects_path=rejects)
    assert took(first) == (60, 0, 0, 0)
    assert first.rejects_path is None
    before = [rows_of(any_engine, table) for table in (person, account, ledger_entry, contact_point, consent)]
    again = import_book(any_engine, EXAMPLES / "overdue_accounts.csv", now=NOW + timedelta(days=1))
    assert took(again) == (0, 0, 60, 0)
    after = [rows_of(any_engine, table) for table in (person, account, ledger_entry, contact_point, consent)]
    assert after == before


def test_bad_rows_are_set_aside_with_their_reasons_and_good_ones_go_on(any_engine: Engine, tmp_path: Path) -> None:
    report = import_book(
        any_engine,
        EXAMPLES / "overdue_accounts_with_errors.csv",
        now=NOW,
        rejects_path=tmp_path / "rejects.csv",
    )
    assert took(report) == (5, 0, 0, 7)
    told = rejected(report)
    assert [(line["row"], line["field"]) for line in told] == [
        ("3", "phone"),
        ("4", "email"),
        ("6", "currency; principal"),
        ("8", "due_date"),
        ("9", "time_zone; locale"),
        ("11", "opted_out"),
        ("13", "account_id"),
    ]
    assert all(not cell.startswith(("=", "+", "-", "@")) for line in told for cell in line.values())
    assert report.rejects_path is not None
    assert report.rejects_path.stat().st_mode & 0o077 == 0


def test_an_account_opens_with_its_obligation_and_one_entry_for_each_amount(any_engine: Engine, tmp_path: Path) -> None:
    import_book(any_engine, write_book(tmp_path / "b.csv", row(fees="0")), now=NOW)
    [opened] = rows_of(any_engine, account)
    assert (opened.balance_minor, opened.ledger_version) == (10_250, 2)
    assert opened.ledger_as_of == datetime(2026, 11, 21, 5, tzinfo=UTC)
    assert [(entry.kind, entry.amount_minor) for entry in rows_of(any_engine, ledger_entry)] == [
        ("charge", 10_000),
        ("interest", 250),
    ]
    assert [(due.due_on, due.amount_minor) for due in rows_of(any_engine, obligation)] == [(date(2026, 11, 1), 10_250)]


def test_a_newer_book_books_only_the_differences(any_engine: Engine, tmp_path: Path) -> None:
    import_book(any_engine, write_book(tmp_path / "1.csv", row()), now=NOW)
    newer = write_book(tmp_path / "2.csv", row(as_of="2026-11-22", principal="60.00", interest="3.00"))
    assert took(import_book(any_engine, newer, now=NOW + timedelta(days=1))) == (0, 1, 0, 0)
    [known] = rows_of(any_engine, account)
    assert known.balance_minor == 6_800
    assert [(entry.kind, entry.amount_minor) for entry in rows_of(any_engine, ledger_entry)[3:]] == [
        ("credit", -4_000),
        ("interest", 50),
    ]


def test_a_newer_book_with_the_same_amounts_is_unchanged_but_vouched_for_anew(
    any_engine: Engine, tmp_path: Path
) -> None:
    import_book(any_engine, write_book(tmp_path / "1.csv", row()), now=NOW)
    newer = write_book(tmp_path / "2.csv", row(as_of="2026-11-22"))
    assert took(import_book(any_engine, newer, now=NOW + timedelta(days=1))) == (0, 0, 1, 0)
    [known] = rows_of(any_engine, account)
    assert known.ledger_as_of == datetime(2026, 11, 22, 5, tzinfo=UTC)
    assert known.ledger_version == 3


def test_an_older_book_never_overwrites_a_newer_ledger(any_engine: Engine, tmp_path: Path) -> None:
    import_book(any_engine, write_book(tmp_path / "1.csv", row()), now=NOW)
    older = write_book(tmp_path / "2.csv", row(as_of="2026-11-20", principal="900.00", full_name="Old Name"))
    assert took(import_book(any_engine, older, now=NOW)) == (0, 0, 1, 0)
    assert rows_of(any_engine, account)[0].balance_minor == 10_750
    assert rows_of(any_engine, person)[0].full_name == "Denise Okafor"


def pay(engine: Engine, amount_minor: int, at: datetime) -> None:
    """A payment on account A-1."""
    fact = InboundFact(
        event_id=f"pay-{at.isoformat()}", source="wallet", kind=InboundKind.PAYMENT, account_id="A-1", at=at,
        amount_minor=amount_minor, currency="USD",
    )  # fmt: skip
    receive(engine, fact, received_at=at)


def test_a_payment_after_the_extract_survives_it_and_one_before_the_next_is_not_counted_twice(
    any_engine: Engine, tmp_path: Path
) -> None:
    import_book(any_engine, write_book(tmp_path / "1.csv", row()), now=NOW)
    pay(any_engine, 4_000, NOW)
    same_day = write_book(tmp_path / "2.csv", row(phone="+14045550177"))
    import_book(any_engine, same_day, now=NOW)
    assert rows_of(any_engine, account)[0].balance_minor == 6_750
    next_day = write_book(tmp_path / "3.csv", row(as_of="2026-11-22", principal="60.00"))
    assert took(import_book(any_engine, next_day, now=NOW + timedelta(days=1))) == (0, 0, 1, 0)
    assert rows_of(any_engine, account)[0].balance_minor == 6_750


def test_the_same_date_with_other_amounts_is_rejected(any_engine: Engine, tmp_path: Path) -> None:
    import_book(any_engine, write_book(tmp_path / "1.csv", row()), now=NOW)
    report = import_book(any_engine, write_book(tmp_path / "2.csv", row(principal="500")), now=NOW)
    assert took(report) == (0, 0, 0, 1)
    assert rejected(report)[0]["field"] == "as_of"


def test_one_account_twice_in_a_file_is_unchanged_if_equal_and_rejected_if_not(
    any_engine: Engine, tmp_path: Path
) -> None:
    path = write_book(tmp_path / "1.csv", row(), row(), row(principal="500"))
    assert took(import_book(any_engine, path, now=NOW)) == (1, 0, 1, 1)


@pytest.mark.parametrize(
    ("field", "value"), [("currency", "CNY"), ("person_id", "P-2"), ("creditor", "Other"), ("product", "other")]
)
def test_what_an_account_was_opened_with_does_not_change(
    any_engine: Engine, tmp_path: Path, field: str, value: str
) -> None:
    import_book(any_engine, write_book(tmp_path / "1.csv", row()), now=NOW)
    changed = write_book(tmp_path / "2.csv", row(as_of="2026-11-22", **{field: value}))
    report = import_book(any_engine, changed, now=NOW + timedelta(days=1))
    assert [line["field"] for line in rejected(report)] == [field]


def test_a_new_account_that_owes_nothing_is_rejected(any_engine: Engine, tmp_path: Path) -> None:
    path = write_book(tmp_path / "1.csv", row(principal="0", interest="0", fees="0"))
    assert took(import_book(any_engine, path, now=NOW)) == (0, 0, 0, 1)


def test_a_person_with_two_accounts_is_one_person_and_keeps_both_phones(any_engine: Engine, tmp_path: Path) -> None:
    path = write_book(tmp_path / "1.csv", row(), row(account_id="A-2", phone="+13125550199", full_name="D. Okafor"))
    assert took(import_book(any_engine, path, now=NOW)) == (2, 0, 0, 0)
    [known] = rows_of(any_engine, person)
    assert known.full_name == "Denise Okafor"
    assert known.zones == ["America/New_York", "America/Chicago"]
    phones = [point for point in rows_of(any_engine, contact_point) if point.channel == "sms"]
    assert [(point.address, point.preference) for point in phones] == [("+14045550102", 0), ("+13125550199", 1)]


def test_a_number_from_newer_data_is_tried_first(any_engine: Engine, tmp_path: Path) -> None:
    import_book(any_engine, write_book(tmp_path / "1.csv", row()), now=NOW)
    newer = write_book(tmp_path / "2.csv", row(as_of="2026-11-22", phone="+14045550177", full_name="Denise Bell"))
    assert took(import_book(any_engine, newer, now=NOW + timedelta(days=1))) == (0, 1, 0, 0)
    phones = {p.address: p.preference for p in rows_of(any_engine, contact_point) if p.channel == "sms"}
    assert phones["+14045550177"] < phones["+14045550102"]
    assert rows_of(any_engine, person)[0].full_name == "Denise Bell"


def test_a_permission_in_a_file_never_revives_a_channel_that_the_person_ended(
    any_engine: Engine, tmp_path: Path
) -> None:
    import_book(any_engine, write_book(tmp_path / "1.csv", row(opted_out="sms", consent_email="yes")), now=NOW)
    newer = write_book(tmp_path / "2.csv", row(as_of="2026-11-22", consent_sms="yes", consent_email="yes"))
    assert took(import_book(any_engine, newer, now=NOW + timedelta(days=1))) == (0, 0, 1, 0)
    said = [(row.channel, row.permission) for row in rows_of(any_engine, consent)]
    assert sorted(said) == [("email", "given"), ("sms", "withdrawn")]


def test_a_refusal_counts_even_in_a_row_whose_amounts_are_out_of_date(any_engine: Engine, tmp_path: Path) -> None:
    import_book(any_engine, write_book(tmp_path / "1.csv", row(consent_sms="yes")), now=NOW)
    pay(any_engine, 100, NOW)
    corrected = write_book(tmp_path / "2.csv", row(opted_out="sms"))
    assert took(import_book(any_engine, corrected, now=NOW)) == (0, 1, 0, 0)
    assert [row.permission for row in rows_of(any_engine, consent)] == ["given", "withdrawn"]


FURTHER = {
    "consent_voice": "yes",
    "push_id": "u-77",
    "whatsapp": "+14045550102",
    "whatsapp_consent": "2026-03-01",
    "postal_address": "1 Peachtree St|Atlanta GA 30303",
}


def points_of(engine: Engine) -> dict[str, str]:
    """Addresses by channel."""
    return {point.channel: point.address for point in rows_of(engine, contact_point)}


def test_further_ways_to_reach_a_person_come_in_with_what_was_said_about_them(
    any_engine: Engine, tmp_path: Path
) -> None:
    path = write_book(tmp_path / "1.csv", row(**FURTHER))
    assert took(import_book(any_engine, path, now=NOW)) == (1, 0, 0, 0)
    assert points_of(any_engine) == {
        "sms": "+14045550102",
        "email": "denise.okafor@example.com",
        "voice": "+14045550102",
        "push": "u-77",
        "social_private": "+14045550102",
        "letter": "1 Peachtree St\nAtlanta GA 30303",
    }
    said = {(row.channel, row.permission): row.at for row in rows_of(any_engine, consent)}
    assert said == {
        ("voice", "given"): datetime(2026, 11, 21, 5, tzinfo=UTC),
        ("social_private", "given"): datetime(2026, 3, 1, 5, tzinfo=UTC),
    }
    before = [rows_of(any_engine, table) for table in (person, contact_point, consent)]
    assert took(import_book(any_engine, path, now=NOW)) == (0, 0, 1, 0)
    copied = write_book(tmp_path / "2.csv", row(**FURTHER), row(account_id="A-2", **FURTHER))
    assert took(import_book(any_engine, copied, now=NOW)) == (1, 0, 1, 0)
    assert [rows_of(any_engine, table) for table in (person, contact_point, consent)] == before


def test_a_newer_book_adds_ways_to_a_person_who_is_known_and_revives_none(any_engine: Engine, tmp_path: Path) -> None:
    import_book(any_engine, write_book(tmp_path / "1.csv", row(opted_out="social_private")), now=NOW)
    assert set(points_of(any_engine)) == {"sms", "email"}
    newer = write_book(tmp_path / "2.csv", row(as_of="2026-11-22", **FURTHER))
    assert took(import_book(any_engine, newer, now=NOW + timedelta(days=1))) == (0, 1, 0, 0)
    assert set(points_of(any_engine)) == {"sms", "email", "voice", "push", "social_private", "letter"}
    said = {row.channel: row.permission for row in rows_of(any_engine, consent)}
    assert said == {"social_private": "withdrawn", "voice": "given"}


def test_a_row_whose_further_columns_are_wrong_is_set_aside_with_every_reason(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    bad = row(**FURTHER | {"push_id": "denise@example.com", "whatsapp_consent": "", "postal_address": "Atlanta"})
    report = import_book(sqlite_engine, write_book(tmp_path / "b.csv", bad), now=NOW)
    [line] = rejected(report)
    assert line["field"] == "whatsapp_consent; push_id; postal_address"
    assert rows_of(sqlite_engine, contact_point) == []


def many(path: Path, count: int) -> Path:
    """A book of several batches in which every hundredth row is bad."""
    return write_book(
        path,
        *(
            row(account_id=f"A-{n}", person_id=f"P-{n}", phone="", email="" if n % 100 else "bad")
            for n in range(1, count + 1)
        ),
    )


def test_an_import_that_was_cut_off_goes_on_where_it_stopped(
    any_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "BATCH", 120)
    path = many(tmp_path / "b.csv", 500)
    heard: list[tuple[int, int, Counts]] = []

    def cut_off(bytes_done: int, bytes_total: int, counts: Counts) -> None:
        heard.append((bytes_done, bytes_total, counts))
        if len(heard) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_book(any_engine, path, now=NOW, on_progress=cut_off)
    assert len(rows_of(any_engine, account)) == 238
    report = import_book(any_engine, path, now=NOW, on_progress=cut_off)
    assert took(report) == (495, 0, 0, 5)
    assert report.resumed_from == 240
    assert [line["row"] for line in rejected(report)] == ["101", "201", "301", "401", "501"]
    assert [done for done, _, _ in heard] == sorted(done for done, _, _ in heard)
    assert heard[-1][0] == heard[-1][1] == path.stat().st_size


def test_a_reject_that_was_written_but_not_committed_is_told_once(
    any_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "BATCH", 60)
    path = many(tmp_path / "b.csv", 200)
    sink = book.Rejects.write

    def write_and_fail(self: Any, rejects: Any) -> None:
        rejects = list(rejects)
        sink(self, rejects)
        if rejects:
            raise OSError("disk")

    with monkeypatch.context() as broken:
        broken.setattr(book.Rejects, "write", write_and_fail)
        with pytest.raises(OSError, match="disk"):
            import_book(any_engine, path, now=NOW)
    report = import_book(any_engine, path, now=NOW)
    assert report.resumed_from == 60
    assert [line["row"] for line in rejected(report)] == ["101", "201"]


HEADER = ",".join(COLUMNS)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\x50\x4b\x03\x04\x00\x00", "binary"),
        ("name,金额\n".encode("gb18030"), "not UTF-8"),
        (b"account_id,amount\n", "unknown: amount; missing: person_id"),
        (f"{HEADER},email\n".encode(), "twice: email"),
        (HEADER.replace(",", ";").encode(), "separated by commas"),
        (f"{HEADER}\n\n".encode(), "no rows"),
    ],
)
def test_a_file_that_is_no_book_is_refused_in_one_sentence(
    sqlite_engine: Engine, tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=says):
        import_book(sqlite_engine, path, now=NOW)


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(
    sqlite_engine: Engine, tmp_path: Path, name: str
) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        import_book(sqlite_engine, tmp_path / name, now=NOW)


def test_rejects_that_could_not_be_written_stop_the_import_before_it_begins(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    path = write_book(tmp_path / "b.csv", row())
    with pytest.raises(InvalidInput, match="rejects file"):
        import_book(sqlite_engine, path, now=NOW, rejects_path=tmp_path)
    assert rows_of(sqlite_engine, account) == []


def test_a_byte_order_mark_windows_line_ends_and_any_order_of_columns_are_fine(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    names = list(reversed(COLUMNS))
    text = "\r\n".join([",".join(names), ",".join(row()[name] for name in names), "", ""])
    (tmp_path / "b.csv").write_bytes(text.encode("utf-8-sig"))
    assert took(import_book(sqlite_engine, tmp_path / "b.csv", now=NOW)) == (1, 0, 0, 0)


def test_a_row_of_a_wrong_shape_spoils_no_other_row(sqlite_engine: Engine, tmp_path: Path) -> None:
    good = ",".join(row(account_id="A-9")[name] for name in COLUMNS)
    shapes = ["A-1,P-1", good + ",extra", good.replace("Denise", '"Denise'), "x" * 100_000, good]
    (tmp_path / "b.csv").write_text("\n".join([HEADER, *shapes]), encoding="utf-8")
    report = import_book(sqlite_engine, tmp_path / "b.csv", now=NOW)
    assert took(report) == (1, 0, 0, 4)
    assert [(line["row"], line["field"]) for line in rejected(report)] == [(str(n), "row") for n in (2, 3, 4, 5)]


def test_a_mended_rejects_row_may_be_sent_again_with_its_apostrophes(sqlite_engine: Engine, tmp_path: Path) -> None:
    assert took(import_book(sqlite_engine, write_book(tmp_path / "b.csv", row(phone="'+14045550102")), now=NOW)) == (
        1, 0, 0, 0,
    )  # fmt: skip


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    opened = open_book(write_book(tmp_path / "b.csv", row()))
    with opened.path.open("a", encoding="utf-8") as stream:
        stream.write("more\n")
    with pytest.raises(InvalidInput, match="changed"):
        list(read_lines(opened))


def test_moving_a_book_in_time_keeps_every_distance(sqlite_engine: Engine, tmp_path: Path) -> None:
    moved = tmp_path / "moved.csv"
    redate(EXAMPLES / "overdue_accounts.csv", moved, start=date(2031, 3, 3))
    before, after = (
        list(csv.DictReader(path.open(encoding="utf-8"))) for path in (EXAMPLES / "overdue_accounts.csv", moved)
    )

    def late(line: dict[str, str]) -> timedelta:
        return date.fromisoformat(line["as_of"]) - date.fromisoformat(line["due_date"])

    assert [late(line) for line in after] == [late(line) for line in before]
    assert {line["as_of"] for line in after} == {"2031-03-03"}
    assert took(import_book(sqlite_engine, moved, now=datetime(2031, 3, 3, 12, tzinfo=UTC))) == (60, 0, 0, 0)


def test_moving_a_book_in_time_moves_the_day_of_a_consent_too(tmp_path: Path) -> None:
    redate(write_book(tmp_path / "b.csv", row(**FURTHER)), tmp_path / "moved.csv", start=date(2026, 12, 1))
    [line] = csv.DictReader((tmp_path / "moved.csv").open(encoding="utf-8"))
    assert (line["as_of"], line["whatsapp_consent"], line["consent_voice"]) == ("2026-12-01", "2026-03-11", "yes")


def test_a_book_without_dates_cannot_be_moved_in_time(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="as_of"):
        redate(write_book(tmp_path / "b.csv", row(as_of="soon")), tmp_path / "out.csv", start=date(2031, 3, 3))
    assert os.listdir(tmp_path) == ["b.csv"]
