"""A text as the rules read it: the person's own words, in one width and case, a blank between words.

Chinese characters and emoji are words of their own, so that one kind of phrase serves both languages and texts that
mix them. What was quoted, a signature, links and addresses are left out.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

LONGEST_READ = 4000
"""Signs that are looked at; nobody texts more, and a mail that long is for a human anyway."""

_HAN = "\u3400-\u9fff"
_QUOTE_STARTS = re.compile(
    r"^\s*(?:"
    r"-{2,}\s*(?:original message|forwarded message|原始邮件|转发邮件|原邮件).*"
    r"|_{5,}\s*"
    r"|on\b.{4,200}\bwrote\s*:\s*"
    r"|在\s*.{4,200}写道\s*[:：]\s*"
    r"|.{0,60}于\s*\d{4}.{4,120}写道\s*[:：]\s*"
    r"|(?:from|发件人|寄件者)\s*[:：].*"
    r")$",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"^\s*(?:--\s*|sent from my .{1,40}|get outlook for .{1,20}|发自我的.{1,20}|从我的.{1,20}发送.{0,10})$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^\s*[>＞|]")
_LINK = re.compile(r"(?:https?://|www\.)\S+|(?<!\S)\S[^\s@]*+@\S[^\s.]*+\.\S+", re.IGNORECASE)
"""A link, or a word that is an address. From the begin of a word only, as a search from each sign would never end."""
_APOSTROPHES = re.compile("['’‘`´]")
_SPELLED_OUT = re.compile(r"(?<![a-z0-9])[a-z](?:[ .\-_*/][a-z]){2,}(?![a-z0-9])")
_JOINER = re.compile(r"(?<=[a-z])[-_*](?=[a-z])")
_MARKS = re.compile(r"[,，、:：]+(?!\d)|(?<!\d)[.。]|[.。](?!\d)|[!?；;…\n]+")
_ENDS = re.compile(r"(?<!\d)[.。]|[.。](?!\d)|[!；;…\n]+")
_ASKS = re.compile(r"\?+")
_LETTERS_REPEATED = re.compile(r"([a-z])\1{2,}")
_APART = re.compile(rf"([{_HAN}])")
_LEFT_OUT = re.compile(r"[^\w.? ]|_")
_BLANKS = re.compile(r"\s+")
_WIDE = re.compile(r"\s{3,}")


def own_words(text: str) -> str:
    """What the person wrote himself: nothing from the first quoted line on, and no signature."""
    kept: list[str] = []
    for line in text[:LONGEST_READ].replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if _QUOTE_STARTS.match(line) or _SIGNATURE.match(line):
            break
        if not _QUOTED.match(line):
            kept.append(line)
    return "\n".join(kept).strip()


def plain(text: str, simplified: Mapping[int, str]) -> str:
    """One width, lower case, simplified characters, no links; figures and marks stay, for amounts and dates."""
    narrow = unicodedata.normalize("NFKC", _LINK.sub(" ", text))[:LONGEST_READ].casefold().translate(simplified)
    seen = "".join(sign for sign in narrow if unicodedata.category(sign) not in ("Cf", "Mn", "Me"))
    return _APOSTROPHES.sub("", seen)


def narrowed(plain_text: str) -> str:
    """With two blanks at most between words: a pattern that begins with blanks looks at each of a long run."""
    return _WIDE.sub("  ", plain_text)


def left_out(plain_text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Without the parts between these places, a gap for each."""
    kept, end = list[str](), 0
    for start, stop in spans:
        kept += (plain_text[end:start], "  "[: stop - start])
        end = stop
    return narrowed("".join((*kept, plain_text[end:])))


def clauses_of(plain_text: str) -> list[str]:
    """The parts between marks."""
    return [part for part in _MARKS.split(plain_text) if part.strip()]


def as_words(plain_text: str) -> str:
    """The words with a blank before and after each; a full stop and a question mark are words too."""
    text = _SPELLED_OUT.sub(lambda run: re.sub(r"[^a-z]", "", run.group()), plain_text)
    text = _LETTERS_REPEATED.sub(r"\1\1", _JOINER.sub("", text))
    text = _ASKS.sub(" ? ", _ENDS.sub(" . ", text))
    text = "".join(f" {sign} " if unicodedata.category(sign) == "So" else sign for sign in text)
    spaced = _kept(_APART.sub(r" \1 ", text))
    return f" {_BLANKS.sub(' ', spaced).strip()} "


def _kept(text: str) -> str:
    """Without marks that say nothing, but for emoji and the point inside a number."""
    return "".join(sign if unicodedata.category(sign) == "So" or not _LEFT_OUT.match(sign) else " " for sign in text)
