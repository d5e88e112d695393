"""How many parts an SMS is sent, and billed, in: GSM 7-bit where every character allows it, else UCS-2.

Source: 3GPP TS 23.038 (alphabet and extension table) and TS 23.040 (concatenation takes 7 septets or 6 bytes).
"""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")


def is_gsm(text: str) -> bool:
    """Whether the text fits the GSM 7-bit alphabet; one character outside makes the whole message UCS-2."""
    return all(character in _BASIC or character in _EXTENDED for character in text)


def segments(text: str) -> int:
    """The number of parts; a character that takes two units is never divided between two parts."""
    if is_gsm(text):
        return _parts([2 if character in _EXTENDED else 1 for character in text], alone=160, joined=153)
    return _parts([2 if ord(character) > 0xFFFF else 1 for character in text], alone=70, joined=67)


def _parts(units: list[int], *, alone: int, joined: int) -> int:
    if sum(units) <= alone:
        return 1
    parts, used = 1, 0
    for unit in units:
        if used + unit > joined:
            parts, used = parts + 1, 0
        used += unit
    return parts
