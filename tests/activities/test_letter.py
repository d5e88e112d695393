"""Letters in the outbox: one file each, whole, the same bytes, with nothing but addresses in the window."""

import json
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.channel import Accepted, Busy, ChannelAdapter, NotFound, OutboundMessage, Refused, Unknown
from activities.composing import Composer
from activities.lender import lender_of
from activities.letter import CHANNEL, INDEX, LetterOutbox, create
from activities.letter_page import Letter, draw_letter, parted
from casedb.engine import reading
from casedb.snapshot import read_snapshot
from config.settings import load_settings
from sandbox.pdf_text import Placed, read_texts
from tests.config.conftest import SANDBOX_URLS
from tests.support.contacts import Play
from tests.support.stage import OPENED_AT

ADDRESS = "Flat 2, 12 High Street\nSpringfield IL 62701"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MM = 72 / 25.4


def letter(
    to: str = ADDRESS, *, reference: str = "ABCD-2345", name: str = "Maria Garcia", text: str = ""
) -> OutboundMessage:
    body = (
        f"Example Wallet\n1 Wallet Plaza\n\n{name}\n{to}\n\n21 November 2026\n\nDear {name},\n\n"
        f"{text or 'Your wallet balance of $128.05 is 31 days past due.'}\n\nRef: {reference}"
    )
    return OutboundMessage(to=to, subject="Your balance", body=body, reference=reference)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "letters"


def pages(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.pdf"))


def lines_of(path: Path) -> list[str]:
    return [placed.text for placed in read_texts(path.read_bytes())]


def test_a_letter_lies_in_the_folder_under_its_reference_and_is_listed_by_ids_only(folder: Path) -> None:
    channel: ChannelAdapter = LetterOutbox(folder=folder)
    outcome = channel.send(letter())
    assert isinstance(outcome, Accepted)
    (path,) = pages(folder)
    assert path.name == outcome.provider_id
    assert path.name.startswith("ABCD-2345-")
    (line,) = (folder / INDEX).read_text().splitlines()
    told = json.loads(line)
    assert (told["reference"], told["file"]) == ("ABCD-2345", path.name)
    assert sorted(told) == ["file", "reference", "sha256"]
    assert "Garcia" not in line


def test_the_same_letter_twice_is_one_file_and_the_first_one_stays(folder: Path) -> None:
    channel = LetterOutbox(folder=folder)
    first = channel.send(letter())
    (path,) = pages(folder)
    before = path.read_bytes()
    assert channel.send(letter(text="Another amount by now.")) == first
    assert [path.read_bytes() for path in pages(folder)] == [before]
    assert len((folder / INDEX).read_text().splitlines()) == 1


def test_one_reference_of_two_persons_is_two_letters(folder: Path) -> None:
    channel = LetterOutbox(folder=folder)
    channel.send(letter())
    channel.send(letter(to="9 Other Street\nSpringfield IL 62701"))
    assert len(pages(folder)) == 2


def test_a_line_that_a_crash_kept_out_of_the_index_is_added_by_the_next_attempt(folder: Path) -> None:
    channel = LetterOutbox(folder=folder)
    channel.send(letter())
    (folder / INDEX).write_text("")
    channel.send(letter())
    assert len((folder / INDEX).read_text().splitlines()) == 1


def test_a_letter_is_found_by_its_reference_and_address(folder: Path) -> None:
    channel = LetterOutbox(folder=folder)
    assert channel.find(to=ADDRESS, reference="ABCD-2345", since=LONG_AGO) == NotFound()
    sent = channel.send(letter())
    assert channel.find(to=ADDRESS, reference="ABCD-2345", since=LONG_AGO) == sent
    assert channel.find(to="9 Other Street", reference="ABCD-2345", since=LONG_AGO) == NotFound()


@pytest.mark.parametrize("to", ["", "   ", "12 Some Street that is not in the letter"])
def test_without_the_address_on_the_page_no_letter_is_made(folder: Path, to: str) -> None:
    message = OutboundMessage(to=to, subject="Your balance", body=letter().body, reference="ABCD-2345")
    outcome = LetterOutbox(folder=folder).send(message)
    assert isinstance(outcome, Refused)
    assert outcome.address_dead
    assert pages(folder) == []


def test_a_folder_that_cannot_be_written_is_busy_and_one_that_cannot_be_read_unknown(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    channel = LetterOutbox(folder=tmp_path / "file" / "letters")
    assert isinstance(channel.send(letter()), Busy)
    too_long = LetterOutbox(folder=tmp_path / ("x" * 300))
    assert isinstance(too_long.find(to=ADDRESS, reference="ABCD-2345", since=LONG_AGO), Unknown | NotFound)


def test_many_threads_and_processes_put_out_each_letter_once(folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: LetterOutbox(folder=folder).send(letter(reference=f"R-{n % 4}")), range(16)))
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_send_four, args=(str(folder),)) for _ in range(2)]
    for process in others:
        process.start()
    for process in others:
        process.join(timeout=60)
    assert [process.exitcode for process in others] == [0, 0]
    assert len(pages(folder)) == 4
    assert len((folder / INDEX).read_text().splitlines()) == 4
    assert list(folder.glob(".*")) == []


def _send_four(folder: str) -> None:
    for number in range(4):
        LetterOutbox(folder=Path(folder)).send(letter(reference=f"R-{number}"))


def test_the_same_letter_is_the_same_bytes() -> None:
    message = letter()
    taken = parted(message.subject, message.body)
    assert taken is not None
    assert draw_letter(taken, locale="en", reference="R") == draw_letter(taken, locale="en", reference="R")


def test_only_addresses_show_through_the_window() -> None:
    message = letter()
    taken = parted(message.subject, message.body)
    assert taken is not None
    seen = [each for each in read_texts(draw_letter(taken, locale="en", reference="R")) if _in_window(each)]
    assert [each.text for each in seen] == [
        "1 Wallet Plaza",
        "Maria Garcia",
        "Flat 2, 12 High Street",
        "Springfield IL 62701",
    ]
    assert {round(each.x / MM) for each in seen} == {20}


def _in_window(placed: Placed) -> bool:
    """The window of a DL or C6/5 envelope: 45 to 90 mm from the top."""
    return 45 * MM <= 297 * MM - placed.y <= 90 * MM


def test_chinese_and_latin_stand_in_one_letter_and_nothing_is_lost_when_lines_break() -> None:
    told = "您好。我们曾就您的欠款1,280.50元与您联系，该款项应于2026年9月30日支付。" * 6
    message = letter(name="王小明", text=told)
    taken = parted("您的余额", message.body)
    assert taken is not None
    texts = read_texts(draw_letter(taken, locale="zh-CN", reference="R"))
    written = "".join(each.text for each in texts)
    assert told in written
    assert "王小明" in written
    assert all(each.x < 190 * MM for each in texts)


def test_a_long_letter_goes_on_on_the_next_page() -> None:
    many = tuple((f"Paragraph {number} of many.",) for number in range(60))
    long = Letter(sender=("S",), recipient=("M", "A"), subject="S", paragraphs=many)
    content = draw_letter(long, locale="en", reference="ABCD-2345")
    texts = [each.text for each in read_texts(content)]
    assert [text for text in texts if text.startswith("ABCD-2345 · ")] == [
        "ABCD-2345 · 1",
        "ABCD-2345 · 2",
        "ABCD-2345 · 3",
    ]
    assert [text for text in texts if text.startswith("Paragraph")] == [paragraph[0] for paragraph in many]


def test_a_letter_as_it_is_composed_goes_out_to_the_address_on_file(play: Play, folder: Path) -> None:
    play.add(
        "contact_point",
        contact_point_id="per-1:letter",
        person_id="per-1",
        channel="letter",
        address=ADDRESS,
        line_type="unknown",
        preference=0,
    )
    case = play.request().case
    with reading(play.engine) as connection:
        snapshot = read_snapshot(connection, case.account_id, case.case_id, "k", OPENED_AT, lock=False)
    (point,) = [each for each in snapshot.points if each.channel is CHANNEL]
    composer = Composer(renderer=play.governed.renderer, lender=lender_of(play.stage.settings))
    message = composer.compose(case, snapshot, point, template="legal_notice_1", reference="ABCD-2345", now=OPENED_AT)
    outcome = LetterOutbox(folder=folder).send(message)
    assert isinstance(outcome, Accepted)
    lines = lines_of(folder / outcome.provider_id)
    assert lines[1:4] == ["Ada Invented", *ADDRESS.splitlines()]
    assert any("$123.45" in line for line in lines)


def test_the_channel_is_on_once_it_has_a_folder(folder: Path) -> None:
    assert create(load_settings(None, **SANDBOX_URLS)) is None
    assert create(load_settings(None, **SANDBOX_URLS, letter_outbox_dir=folder)) == LetterOutbox(folder=folder)
