"""Sheets of a legal file: numbered, with bookmarks, headings, pairs, tables and words, the same bytes each time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)
from reportlab.platypus.tableofcontents import TableOfContents

from documents.lettering import BOLD, LATIN, markup, runs

LEFT, RIGHT, TOP, BOTTOM = 20 * mm, 20 * mm, 20 * mm, 22 * mm
FOOT_SIZE = 7.5
WIDTH = A4[0] - LEFT - RIGHT
RULE, SHADE = HexColor("#999999"), HexColor("#f0f0f0")


def _style(name: str, size: float, **more: Any) -> ParagraphStyle:
    """Chinese breaks between any two letters; so does a hash, which would else run off the sheet."""
    return ParagraphStyle(name, fontName=LATIN, fontSize=size, leading=size * 1.35, wordWrap="CJK", **more)


TITLE = _style("title", 20, spaceAfter=4 * mm)
HEADING = _style("heading", 13, spaceBefore=7 * mm, spaceAfter=2.5 * mm)
TEXT = _style("text", 9.5, spaceAfter=2 * mm)
CELL = _style("cell", 7.5)
WORDS = _style("words", 8.5, leftIndent=6 * mm, spaceBefore=1.5 * mm, spaceAfter=5 * mm)
ENTRY = _style("entry", 9.5)
_GRID = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, RULE),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
)
_PLAIN = TableStyle(_GRID.getCommands()[:2] + _GRID.getCommands()[3:])


class Heading(Paragraph):  # type: ignore[misc]  # ReportLab has no types
    """A heading that is also a bookmark and a line of the contents."""

    def __init__(self, text: str) -> None:
        """Print it bold."""
        super().__init__(markup(text, BOLD), HEADING)
        self.told = text


def title(text: str) -> Flowable:
    """The name of the whole."""
    return Paragraph(markup(text, BOLD), TITLE)


def text(told: str) -> Flowable:
    """A paragraph; its line breaks stay."""
    return Paragraph(markup(told), TEXT)


def words(told: str) -> Flowable:
    """What somebody said, as it was said."""
    return Paragraph(markup(told), WORDS)


def pairs(rows: Iterable[tuple[str, str]]) -> Flowable:
    """What is known about one thing: name and value to a line."""
    cells = [[_cell(name, BOLD), _cell(value)] for name, value in rows]
    return Table(cells, colWidths=[WIDTH * 0.3, WIDTH * 0.7], style=_PLAIN)


def table(columns: Sequence[tuple[str, int]], rows: Iterable[Sequence[str]]) -> Flowable:
    """Rows under a head that stands on every sheet; columns by name and share of the width."""
    whole = sum(share for _, share in columns)
    cells = [[_cell(name, BOLD) for name, _ in columns], *([_cell(value) for value in row] for row in rows)]
    return Table(cells, colWidths=[WIDTH * share / whole for _, share in columns], repeatRows=1, style=_GRID)


def heading(told: str) -> Iterator[Flowable]:
    """A heading with room below it for the first of what it heads."""
    yield room(35 * mm)
    yield Heading(told)


def room(height: float) -> Flowable:
    """The next sheet, unless there is so much room on this one."""
    return CondPageBreak(height)


def gap() -> Flowable:
    """Room between two things."""
    return Spacer(1, 4 * mm)


def contents() -> Flowable:
    """Where each heading stands; known only once all is set."""
    listed = TableOfContents(dotsMinLevel=0)
    listed.levelStyles = [ENTRY]
    return listed


def _cell(told: str, font: str = LATIN) -> Flowable:
    return Paragraph(markup(told, font), CELL)


class _Sheets(BaseDocTemplate):  # type: ignore[misc]  # ReportLab has no types
    """Numbers the sheets at their foot and notes where headings stand."""

    def __init__(self, written: BytesIO, name: str, locale: str, foot: Callable[[int, int], str]) -> None:
        frame = Frame(LEFT, BOTTOM, WIDTH, A4[1] - TOP - BOTTOM, 0, 0, 0, 0)
        page = PageTemplate("sheet", [frame], onPage=self._draw_foot)
        super().__init__(
            written, pagesize=A4, pageTemplates=[page], title=name, lang=locale, invariant=1, pageCompression=0
        )
        self.foot = foot
        self.counted = 0
        """How many sheets the last pass set."""

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802  # ReportLab calls it so
        """Bookmark a heading where it was set."""
        if isinstance(flowable, Heading):
            key = f"{self.page}-{flowable.told}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(flowable.told, key, 0)
            self.notify("TOCEntry", (0, markup(flowable.told), self.page, key))

    def _draw_foot(self, canvas: Any, _: object) -> None:
        x = LEFT
        for piece, font in runs(self.foot(self.page, self.counted), LATIN):
            canvas.setFont(font, FOOT_SIZE)
            canvas.drawString(x, BOTTOM - 8 * mm, piece)
            x += canvas.stringWidth(piece, font, FOOT_SIZE)

    def _allSatisfied(self) -> bool:  # noqa: N802  # as above
        """Set it again until the contents and the number of sheets at their foot are true."""
        known, self.counted = self.counted == self.page, self.page
        return bool(super()._allSatisfied()) and known


def set_sheets(story: list[Flowable], *, name: str, locale: str, foot: Callable[[int, int], str]) -> bytes:
    """The PDF of a story; `foot` writes what stands below the sheet of a number, of so many."""
    written = BytesIO()
    _Sheets(written, name, locale, foot).multiBuild(story)
    return written.getvalue()
