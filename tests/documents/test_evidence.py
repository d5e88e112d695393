"""A bundle of evidence: complete, of nobody else, the same bytes each time, and proved byte by byte."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from casedb import evidence, schema
from casedb.engine import open_engine, writing
from casedb.evidence import SECTIONS, CaseFile, read_case_file
from casedb.migrate import upgrade
from config.evidence import evidence_words
from documents.archive import ArchivedFile, read_archive, write_archive
from documents.evidence_bundle import MANIFEST, PAGES, as_json, digest, make_bundle
from documents.evidence_check import check_bundle
from documents.evidence_layout import LAYOUTS
from domain.errors import NotKnown
from sandbox.pdf_text import read_texts
from tests.casedb.people import NOW
from tests.support.legal_files import FOREIGN, NAMES, SAID, WROTE, add_legal_case


def read(engine: Engine, locale: str = "en") -> CaseFile:
    """The file of a case that went through everything."""
    add_legal_case(engine, locale)
    with writing(engine) as connection:
        return read_case_file(connection, "A-1")


@cache
def case_file(locale: str = "en") -> CaseFile:
    """The same, read once per process."""
    with TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/cases.db"
        upgrade(url)
        return read(open_engine(url), locale)


@cache
def bundle(locale: str = "en") -> bytes:
    """Its archive."""
    return make_bundle(case_file(locale), made_at=NOW).content


def printed(locale: str) -> str:
    """The text layer of the pages, without the breaks of lines."""
    [pages] = [file for file in read_archive(bundle(locale)) if file.name == PAGES]
    return "".join(placed.text for placed in read_texts(pages.content)).replace(" ", "")


def test_the_archive_is_the_same_bytes_on_both_databases_and_proves_itself(any_engine: Engine) -> None:
    made = make_bundle(read(any_engine), made_at=NOW)
    assert made.content == bundle()
    assert made.name == "evidence-A-1-1-20261121T090000Z.zip"
    proof = check_bundle(made.content)
    assert (proof.fault, proof.case_id, proof.head.number, proof.sha256) == ("", "A-1-1", 2, made.sha256)


def test_every_section_is_in_the_archive_and_has_something_to_tell() -> None:
    rows = {section.name: section.rows for section in case_file().sections}
    assert list(rows) == [name for name, _ in SECTIONS]
    assert {name for name, told in rows.items() if not told} == {"placements", "furnishings", "papers"}
    assert [row["balance_minor"] for row in rows["statement"]] == [130_000, 138_050, 128_050]
    assert (rows["contacts"][0]["verdict"], rows["contacts"][0]["delivery"]) == (2, "delivered")
    assert rows["messages"][0]["body"] == SAID["en"]
    assert rows["replies"][0]["text"] == WROTE["en"]


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_the_pages_have_every_word_in_their_text_layer(locale: str) -> None:
    told = printed(locale)
    words, _, _ = evidence_words(locale)
    for expected in (NAMES[locale], SAID[locale], WROTE[locale], *words.sections.values(), words.sentences["title"]):
        assert expected.replace(" ", "") in told


def test_nothing_of_anybody_else_is_in_the_archive() -> None:
    whole = b"".join(file.content for file in read_archive(bundle()))
    seen = whole.decode("utf-8", "replace") + printed("en")
    assert [each for each in FOREIGN if each in seen or each.replace(" ", "") in seen] == []
    assert NAMES["en"] in seen


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_every_section_and_column_on_the_pages_has_its_words(locale: str) -> None:
    words, _, _ = evidence_words(locale)
    assert set(LAYOUTS) == set(words.sections) == {name for name, _ in SECTIONS}
    assert {column for layout in LAYOUTS.values() for column, _ in layout.columns} <= set(words.columns)


LEFT_OUT = {
    "human_task": "the work of people of ours",
    "campaign_member": "how the account was enrolled",
    "charge_off": "told by its step",
    "furnishing_subject": "what bureaus match people by",
    "furnishing_notice": "told by the furnishing",
    "furnished_month": "told by the furnishing",
    "agency_record": "the trade with an agency",
    "agency_payment": "booked in the ledger",
    "suppression": "hashes without a person",
}


def test_no_table_about_a_case_an_account_or_a_person_is_forgotten() -> None:
    """A table that is added joins the bundle, or this list with its reason."""
    source = Path(evidence.__file__).read_text(encoding="utf-8")
    keys = {"case_id", "account_id", "person_id"}
    about = {name for name, table in schema.METADATA.tables.items() if keys & set(table.columns.keys())}
    assert sorted(name for name in about - set(LEFT_OUT) if f"schema.{name}" not in source) == []


def test_a_case_that_nobody_knows_is_named(any_engine: Engine) -> None:
    with pytest.raises(NotKnown, match="X-1"), writing(any_engine) as connection:
        read_case_file(connection, "X-1")


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_any_changed_byte_is_found(data: st.DataObject) -> None:
    content = bytearray(bundle())
    where = data.draw(st.integers(0, len(content) - 1))
    content[where] ^= data.draw(st.integers(1, 255))
    assert not check_bundle(bytes(content)).holds


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_a_changed_byte_in_the_archives_own_parts_is_found(data: st.DataObject) -> None:
    """Its directory, at the end: small beside the pages, and seldom hit by chance."""
    content = bytearray(bundle())
    start = content.index(b"PK\x01\x02")
    where = data.draw(st.integers(start, len(content) - 1))
    content[where] ^= data.draw(st.integers(1, 255))
    assert not check_bundle(bytes(content)).holds


@settings(deadline=None, max_examples=50)
@given(length=st.integers(0, 5_000), rest=st.binary(max_size=50))
def test_what_is_cut_short_or_no_archive_is_said_to_be_so(length: int, rest: bytes) -> None:
    assert check_bundle(bundle()[:length] + rest).fault
    assert check_bundle(bundle() + (rest or b"x")).fault


Files = list[ArchivedFile]


def without(name: str) -> Callable[[Files], Files]:
    return lambda files: [file for file in files if file.name != name]


def changed(name: str, change: Callable[[Any], Any]) -> Callable[[Files], Files]:
    """A data file changed, as somebody would who leaves the manifest as it is."""

    def apply(files: Files) -> Files:
        return [
            ArchivedFile(file.name, as_json(change(json.loads(file.content)))) if file.name == name else file
            for file in files
        ]

    return apply


def covered_up(name: str, change: Callable[[Any], Any]) -> Callable[[Files], Files]:
    """The same by somebody who mends the manifest as well."""

    def apply(files: Files) -> Files:
        forged = changed(name, change)(files)
        manifest = json.loads(forged[0].content)
        for listed in manifest["files"]:
            [file] = [each for each in forged if each.name == listed["name"]]
            listed |= {"bytes": len(file.content), "sha256": digest(file.content)}
        return [ArchivedFile(MANIFEST, as_json(manifest)), *forged[1:]]

    return apply


def with_why(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rows[0] | {"why": "because"}, *rows[1:]]


def with_body(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rows[0] | {"body": "Another word."}, *rows[1:]]


def with_amount(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rows[0] | {"amount_minor": 1}, *rows[1:]]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("forge", "fault"),
    [
        (without("data/consents.json"), "data/consents.json is missing"),
        (without(MANIFEST), "manifest.json is missing"),
        (lambda files: [*files, ArchivedFile("note.txt", b"x")], "'note.txt' was added"),
        (lambda files: [files[0], files[2], files[1], *files[3:]], "stands in another place"),
        (lambda files: [*files, files[-1]], "evidence.pdf stands twice"),
        (changed("data/consents.json", lambda rows: []), "data/consents.json was altered"),
        (covered_up("data/verdicts.json", with_why), "the chain is broken: verdict 1 was changed"),
        (covered_up("data/verdicts.json", lambda rows: rows[:1]), "the chain is broken: verdict 2 is missing"),
        (covered_up("data/verdicts.json", lambda rows: rows[::-1]), "the chain is broken"),
        (covered_up("data/verdicts.json", lambda rows: {"a": 1}), "does not have the form of a bundle"),
        (covered_up("data/messages.json", with_body), "the words of A-1-1:reminder/one are not those of their hash"),
        (covered_up("data/statement.json", with_amount), "after entry A-1:1 the balance is not the sum"),
    ],
)
def test_what_was_done_to_the_archive_is_named(forge: Callable[[Files], Files], fault: str) -> None:
    assert fault in check_bundle(write_archive(forge(read_archive(bundle())))).fault
