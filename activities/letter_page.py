"""The page of a letter: A4 for a window envelope, in Latin and Chinese letters, the same bytes for the same letter.

The address stands where the window of DIN 5008 form B and of British DL envelopes is: 20 mm from the left, in the
field from 45 to 90 mm from the top. Chinese signs are embedded, Latin ones are Helvetica, which every reader has.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from config.claim_letters import NEXT_PAGE
from documents.lettering import BOLD, LATIN, is_latin, runs

WIDTH, HEIGHT = A4
LEFT, RIGHT, BOTTOM = 20 * mm, 20 * mm, 22 * mm
WINDOW_TOP, WINDOW_BOTTOM, WINDOW_WIDTH = 45 * mm, 90 * mm, 85 * mm
TEXT_TOP, NEXT_PAGE_TOP = 103 * mm, 25 * mm
SIZE, LEADING, GAP, SMALL = 10.5, 14.5, 8.5, 7.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter by its places on the page."""

    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    subject: str
    paragraphs: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    font: str


_BREAK = _Line("", LATIN)
"""Not a line: the next one stands on a new page."""


def parted(subject: str, body: str) -> Letter | None:
    """A rendered letter taken apart: the sender's block, the recipient's block, then the text; None without them."""
    blocks = [tuple(line.strip() for line in block.splitlines()) for block in body.strip().split("\n\n")]
    blocks = [block for block in blocks if any(block)]
    if len(blocks) < 3 or len(blocks[1]) < 2:
        return None
    return Letter(sender=blocks[0], recipient=blocks[1], subject=subject, paragraphs=tuple(blocks[2:]))


def draw_letter(letter: Letter, *, locale: str, reference: str) -> bytes:
    """The letter as a PDF of as many pages as it takes."""
    written = BytesIO()
    canvas = Canvas(written, pagesize=A4, invariant=1, pageCompression=0, lang=locale)
    canvas.setTitle(reference)
    _draw_window(canvas, letter)
    lines = [_Line(line, BOLD) for line in _wrapped(letter.subject, BOLD)]
    for paragraph in letter.paragraphs:
        if paragraph == (NEXT_PAGE,):
            lines.append(_BREAK)
            continue
        lines.append(_Line("", LATIN))
        lines += [_Line(line, LATIN) for told in paragraph for line in _wrapped(told, LATIN)]
    _draw_pages(canvas, lines, reference)
    canvas.save()
    return written.getvalue()


def _draw_window(canvas: Canvas, letter: Letter) -> None:
    """The sender in one small line above, the recipient below: all that the envelope shows.

    Of a sender with an address the name is left out, as a name may say what he does (15 U.S.C. 1692f(8)).
    """
    _draw(canvas, HEIGHT - WINDOW_TOP - SMALL, " · ".join(letter.sender[1:] or letter.sender), LATIN, SMALL)
    lines = [line for told in letter.recipient for line in _wrapped(told, LATIN, WINDOW_WIDTH)]
    for number, line in enumerate(lines[:7]):
        _draw(canvas, HEIGHT - WINDOW_TOP - 17.7 * mm - number * LEADING, line, LATIN, SIZE)


def _draw_pages(canvas: Canvas, lines: list[_Line], reference: str) -> None:
    y, page = HEIGHT - TEXT_TOP, 1
    for line in lines:
        if y < BOTTOM or line is _BREAK:
            _draw(canvas, BOTTOM - LEADING, f"{reference} · {page}", LATIN, SMALL)
            canvas.showPage()
            y, page = HEIGHT - NEXT_PAGE_TOP, page + 1
        if line.text:
            _draw(canvas, y, line.text, line.font, SIZE)
        y -= LEADING if line.text else GAP
    _draw(canvas, BOTTOM - LEADING, f"{reference} · {page}", LATIN, SMALL)


def _draw(canvas: Canvas, y: float, text: str, font: str, size: float) -> None:
    """One line, each run of characters in a font that has them."""
    x = LEFT
    for run, its_font in runs(text, font):
        canvas.setFont(its_font, size)
        canvas.drawString(x, y, run)
        x += pdfmetrics.stringWidth(run, its_font, size)


def _wrapped(text: str, font: str, width: float = WIDTH - LEFT - RIGHT) -> Iterator[str]:
    """Lines that fit: Latin breaks at blanks, Chinese between any two characters but before its punctuation."""
    line = ""
    for word in _words(text):
        if line and _width(line + word.rstrip(), font) > width:
            yield line.rstrip()
            line = ""
        line += word
    yield line.rstrip()


def _words(text: str) -> Iterator[str]:
    """The pieces between which a line may break, each with the blanks and the punctuation behind it."""
    word = ""
    for character in text:
        glued = character in "，。、；：？！）》」』”’%" or character == " "
        breaks = word and (word[-1] == " " or not is_latin(character) or not is_latin(word[-1]))
        if breaks and not glued:
            yield word
            word = ""
        word += character
    if word:
        yield word


def _width(text: str, font: str) -> float:
    return float(sum(pdfmetrics.stringWidth(run, its_font, SIZE) for run, its_font in runs(text, font)))
