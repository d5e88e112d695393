"""Reads the text of a letter: of plain PDFs only, uncompressed and in Latin or in UCS-2, which is all that it meets."""

import re
from dataclasses import dataclass, replace

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_WIDE_FONT = re.compile(rb"/Name\s*/(F\d+)[^>]*?/Subtype\s*/Type0|/Subtype\s*/Type0[^>]*?/Name\s*/(F\d+)", re.DOTALL)
_TOKEN = re.compile(
    rb"1 0 0 1 (?P<x>-?[\d.]+) (?P<y>-?[\d.]+) Tm|/(?P<font>F\d+) [\d.]+ Tf|\((?P<text>(?:\\.|[^\\()])*)\) Tj",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_SIGNS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One line where it stands, in points from the lower left corner of its page."""

    x: float
    y: float
    text: str


def read_texts(content: bytes) -> list[Placed]:
    """The lines of every page in the order in which they were drawn; pieces on one height are one line."""
    wide = {name for found in _WIDE_FONT.findall(content) for name in found if name}
    placed: list[Placed] = []
    for stream in _STREAM.findall(content):
        for piece in _pieces(stream, wide):
            if placed and placed[-1].y == piece.y:
                placed[-1] = replace(placed[-1], text=placed[-1].text + piece.text)
            else:
                placed.append(piece)
    return placed


def _pieces(stream: bytes, wide: set[bytes]) -> list[Placed]:
    x, y, font, pieces = 0.0, 0.0, b"", []
    for token in _TOKEN.finditer(stream):
        if token["font"] is not None:
            font = token["font"]
        elif token["text"] is not None:
            raw = _ESCAPE.sub(_unescaped, token["text"])
            text = raw.decode("utf-16-be" if font in wide else "cp1252", "replace")
            pieces.append(Placed(x=x, y=y, text=text))
        else:
            x, y = float(token["x"]), float(token["y"])
    return pieces


def _unescaped(escape: re.Match[bytes]) -> bytes:
    told = escape[1]
    return bytes([int(told, 8)]) if told.isdigit() else _SIGNS.get(told, told)
