"""How many parts an SMS is sent, and billed, in: GSM 7-bit where every character allows it, else UCS-2.

Source: 3GPP TS 23.038 (alphabet and extension table) and TS 23.040 (concatenation takes 7 septets or 6 bytes).
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_GSM = _BASIC | _EXTENDED
_PLAIN = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "–": "-",
        "—": "-",
        "…": "...",
        "\u00a0": " ",
        "\u202f": " ",
        "Ł": "L",
        "ł": "l",
        "Đ": "D",
        "đ": "d",
        "ı": "i",
        "₹": "Rs ",
        "【": "[",
        "】": "]",
    }
)


class Encoding(StrEnum):
    """The alphabet of a whole message: one character outside GSM 7-bit makes all of it UCS-2."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSize:
    """What an SMS takes: `units` are septets of GSM 7-bit or 16-bit units of UCS-2."""

    encoding: Encoding
    units: int
    segments: int


def is_gsm(text: str) -> bool:
    """Whether the text fits the GSM 7-bit alphabet."""
    return _GSM.issuperset(text)


def segments(text: str) -> int:
    """The number of parts; a character that takes two units is never divided between two parts."""
    return sms_size(text).segments


def sms_size(text: str) -> SmsSize:
    """Encoding, units and parts of a text; extension characters such as the euro count as two septets."""
    if is_gsm(text):
        wide = not _EXTENDED.isdisjoint(text) and [2 if character in _EXTENDED else 1 for character in text]
        return _size(Encoding.GSM_7, text, wide or None, alone=160, joined=153)
    wide = max(text) > "\uffff" and [2 if ord(character) > 0xFFFF else 1 for character in text]
    return _size(Encoding.UCS_2, text, wide or None, alone=70, joined=67)


def gsm_folded(text: str) -> str:
    """The text with accents and typographic marks that GSM 7-bit lacks made plain; `Zoë` becomes `Zoe`.

    What has no plain form, such as Chinese, stays, and the message stays UCS-2.
    """
    return "".join(each if each in _GSM else _folded(each) for each in text.translate(_PLAIN))


def _folded(character: str) -> str:
    plain = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    return plain if is_gsm(plain) else character


def _size(encoding: Encoding, text: str, widths: list[int] | None, *, alone: int, joined: int) -> SmsSize:
    """The size of a text; `widths` are the units of each character, None where each takes one."""
    units = len(text) if widths is None else sum(widths)
    parts = 1
    if units > alone:
        parts = -(-units // joined) if widths is None else _parts(widths, joined)
    return SmsSize(encoding=encoding, units=units, segments=parts)


def _parts(widths: list[int], joined: int) -> int:
    parts, used = 1, 0
    for width in widths:
        if used + width > joined:
            parts, used = parts + 1, 0
        used += width
    return parts
