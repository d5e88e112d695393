"""Latin and Chinese letters on one page, from fonts that every reader of PDF knows and that are not embedded."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

LATIN, BOLD, CHINESE = "Helvetica", "Helvetica-Bold", "STSong-Light"

pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))


def is_latin(character: str) -> bool:
    """Whether the standard fonts have it: Windows Latin, which is what their encoding holds."""
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def runs(text: str, font: str) -> Iterator[tuple[str, str]]:
    """The text in pieces of one font: the given one where it has the letters, else the Chinese one."""
    piece, piece_font = "", font
    for character in text:
        its_font = font if is_latin(character) else CHINESE
        if piece and its_font != piece_font:
            yield piece, piece_font
            piece = ""
        piece, piece_font = piece + character, its_font
    if piece:
        yield piece, piece_font


def markup(text: str, font: str = LATIN) -> str:
    """The text as a paragraph of ReportLab's takes it: nothing in it is a tag, and every letter has its font."""
    lines = []
    for line in text.encode("utf-8", "replace").decode().splitlines() or [""]:  # half a sign is a question mark
        told = (f'<font name="{its}">{escape(piece)}</font>' for piece, its in runs(line, font))
        lines.append("".join(told))
    return "<br/>".join(lines)
