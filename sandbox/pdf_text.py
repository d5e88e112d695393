"""Reads the text of a letter: of plain PDFs only, uncompressed, in Latin or in embedded fonts that tell their signs."""

import re
from dataclasses import dataclass, replace

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_OWN_FONT = re.compile(rb"/Name\s*/(F\d+\+\d+)[^>]*?/ToUnicode\s+(\d+)\s", re.DOTALL)
_CODE = re.compile(rb"<([0-9A-F]{2})> <([0-9A-F]{4,8})>")
_TOKEN = re.compile(
    rb"1 0 0 1 (?P<x>-?[\d.]+) (?P<y>-?[\d.]+) Tm|/(?P<font>F\d+(?:\+\d+)?) [\d.]+ Tf"
    rb"|\((?P<text>(?:\\.|[^\\()])*)\) Tj",
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
    own = {font: _meanings(content, number) for font, number in _OWN_FONT.findall(content)}
    placed: list[Placed] = []
    for stream in _STREAM.findall(content):
        for piece in _pieces(stream, own):
            if placed and placed[-1].y == piece.y:
                placed[-1] = replace(placed[-1], text=placed[-1].text + piece.text)
            else:
                placed.append(piece)
    return placed


def _meanings(content: bytes, number: bytes) -> dict[int, str]:
    """What each byte means in a font of which only some signs are embedded."""
    start = content.index(b"\n%b 0 obj" % number)
    told = content[start : content.index(b"endcmap", start)]
    return {int(code, 16): bytes.fromhex(sign.decode()).decode("utf-16-be") for code, sign in _CODE.findall(told)}


def _pieces(stream: bytes, own: dict[bytes, dict[int, str]]) -> list[Placed]:
    x, y, font, pieces = 0.0, 0.0, b"", []
    for token in _TOKEN.finditer(stream):
        if token["font"] is not None:
            font = token["font"]
        elif token["text"] is not None:
            raw = _ESCAPE.sub(_unescaped, token["text"])
            known = own.get(font)
            text = raw.decode("cp1252", "replace") if known is None else "".join(known.get(each, "?") for each in raw)
            pieces.append(Placed(x=x, y=y, text=text))
        else:
            x, y = float(token["x"]), float(token["y"])
    return pieces


def _unescaped(escape: re.Match[bytes]) -> bytes:
    told = escape[1]
    return bytes([int(told, 8)]) if told.isdigit() else _SIGNS.get(told, told)
