"""Latin and Chinese letters on one page: Helvetica, which every reader of PDF has, and an embedded Chinese font.

A font that is only named is drawn as empty boxes by whoever has no Chinese font of that name, a printer for one. Of the
embedded one only the signs of the page go into the file.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

LATIN, BOLD, CHINESE = "Helvetica", "Helvetica-Bold", "WenQuanYiMicroHei"
_FONT = files("paperang_p2_fonts_cjk") / "fonts" / "wqy-microhei.ttc"


@cache
def _chinese() -> str:
    """The Chinese font, read when it is first needed: that takes a quarter of a second."""
    pdfmetrics.registerFont(TTFont(CHINESE, str(_FONT)))
    return CHINESE


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
        its_font = font if is_latin(character) else _chinese()
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
