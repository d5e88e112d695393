"""A text as a reader may take it: look-alike letters, signs for letters, letters set apart, pinyin.

Made once per rendered text at the border and handed to the gate, which only searches. The readings are for
screening: they are never sent and never stored.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Annotated

from confusable_homoglyphs import confusables
from pydantic import Field, field_validator

from config.documents import read_document, read_model
from config.fields import RuleModel, Text

READINGS_FILE = Path(__file__).parent / "readings.yaml"

_HAN = "\u3400-\u9fff"
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}])(?:[^\w\n,;:!?()\[\]{{}}<>=。、《》〈〉「」『』【】—–-]|[-_])+(?=[{_HAN}])")
_HAN_APART = re.compile(rf"[{_HAN}](?P<gap>[^\w\n]{{1,3}})[{_HAN}](?:(?P=gap)[{_HAN}])+")
_LETTERS_APART = re.compile(
    r"(?<![^\W_])[a-z0-9@$](?P<gap>[^a-z0-9@$\n]{1,3})[a-z0-9@$](?:(?P=gap)[a-z0-9@$])+(?![^\W_])"
)
_LETTERS_STILL_APART = re.compile(r"(?<![^\W_])[a-z](?:[^a-z0-9]{1,3}[a-z]){2,}(?![^\W_])")
_INSIDE_WORD = re.compile(r"(?<=[a-z])[*._~^+·•|\\\"`-]+(?=[a-z])")
_PAIR_APART = re.compile(r"(?<![^\W_])[a-z](?P<gap>[^\w\n])[a-z](?![^\W_]|(?P=gap)[a-z])")
_ODD = r"[^\w\s!-~，。、；：！？（）《》【】“”‘’…—–]"
_STREWN_ODD = re.compile(_ODD)
_STREWN = re.compile(rf"[*._~^+·•|\\\"`-]|{_ODD}")
_ADDRESS = re.compile(r"(?<!\S)\S*(?:@\S+\.|://|www\.)\S*")
_MIXED = re.compile(r"[a-z][0-9@$!|+€£]|[0-9@$!|+€£][a-z]")
_MIXED_WORD = re.compile(r"[a-z0-9@$!|+€£]+")
_LETTER = re.compile("[a-z]")
_ANY_HAN = re.compile(f"[{_HAN}]")
_WORD = re.compile(r"[a-z]+")
_CAPITAL_I = re.compile(r"(?<=[a-z])I(?![A-Z])")
_CONTROLS = dict.fromkeys({*range(32), 127} - {ord("\n"), ord("\t")})
_MOST_ROUNDS = 8
_ALTERNATIVELY = "|"
_GAP = r"[ \t._*-]{0,2}"
_UNSEEN = ("Cf", "Cc", "Mn", "Me")


_Sounds = Annotated[str, Field(pattern=r"^[a-z]+(/[a-z]+)*( [a-z]+(/[a-z]+)*)*$")]
"""One group for each character; its several sounds have a slash between them."""


class ReadingsFile(RuleModel):
    """The whole file."""

    signs: dict[Annotated[str, Field(min_length=1, max_length=1)], Annotated[str, Field(pattern="^[a-z]$")]]
    spelled: Annotated[dict[Annotated[str, Field(min_length=2)], _Sounds], Field(min_length=1)]
    look_alikes: Text
    simplified: Text

    @field_validator("spelled")
    @classmethod
    def _each_character_sounds(cls, spelled: dict[str, str]) -> dict[str, str]:
        for word, sounds in spelled.items():
            if len(sounds.split()) != len(word):
                raise ValueError(f"{word} has {len(word)} characters and {len(sounds.split())} sounds")
        return spelled


class _SeenAs(dict[int, str]):
    """What a character is seen as, by code point; what cannot be seen is nothing. Fills itself."""

    def __missing__(self, code: int) -> str:
        """Most characters are seen as themselves."""
        sign = chr(code)
        unseen = unicodedata.category(sign) in _UNSEEN and sign not in "\n\t"
        return self.setdefault(code, "" if unseen else sign)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tables:
    signs_as_i: dict[int, str]
    signs_as_l: dict[int, str]
    seen_as: "_SeenAs"
    syllables: re.Pattern[str]
    """A run of Latin letters that could be part of such a word."""
    by_pinyin: dict[str, str]
    in_part: re.Pattern[str]
    words: tuple[str, ...]


def readings(text: str) -> tuple[str, ...]:
    """The text, then each other way to read it, in lower case and with line breaks kept. Never raises.

    What differs from another in case alone is left out, but for the text itself.
    """
    plain = folded(text)
    lowered = text.lower()
    return text, *(each for each in dict.fromkeys((plain, *_disguises(text, plain))) if each != lowered)


def folded(text: str) -> str:
    """Lower case, one width, no accents, nothing invisible, look-alikes as Latin letters, Chinese simplified.

    Twice is the same as once.
    """
    if text.isascii():
        return text.translate(_CONTROLS).lower()
    seen_as = _tables().seen_as
    for _ in range(_MOST_ROUNDS):
        before = text
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text.casefold()).translate(seen_as))
        if text == before:
            break
    return text


def _disguises(text: str, plain: str) -> Iterator[str]:
    """Readings that differ from the plain one, each undoing one trick, also on top of letters set apart."""
    joined = _joined(plain)
    yield joined
    squeezed = _outside_addresses(plain, lambda part: _STREWN.sub("", part)) if _is_strewn(plain) else joined
    yield squeezed
    for each in dict.fromkeys((joined, plain, squeezed)):
        if _MIXED.search(each) and _MIXED.search(_ADDRESS.sub(" ", each)):
            yield _unsigned(each, _tables().signs_as_i)
            yield _unsigned(each, _tables().signs_as_l)
    if _CAPITAL_I.search(text):
        yield folded(_CAPITAL_I.sub("l", text))
    yield _in_characters(joined)


def _joined(plain: str) -> str:
    """Letters and characters that stand apart, put together; addresses are left alone."""
    text, runs = _LETTERS_APART.subn(_without_gap, plain)
    if runs:
        text = _PAIR_APART.sub(_without_gap, text)
    text = _LETTERS_STILL_APART.sub(_letters_alone, text)
    if _INSIDE_WORD.search(text):
        text = _outside_addresses(text, lambda part: _INSIDE_WORD.sub("", part))
    if text.isascii():
        return text
    return _HAN_APART.sub(_without_gap, _BETWEEN_HAN.sub("", text))


def _is_strewn(plain: str) -> bool:
    """Whether signs stand inside words, or such as nobody writes in a sentence anywhere."""
    return bool(_INSIDE_WORD.search(plain)) or (not plain.isascii() and bool(_STREWN_ODD.search(plain)))


def _without_gap(match: re.Match[str]) -> str:
    run = match.group()
    return run.replace(match.group("gap"), "") if re.search(rf"[a-z{_HAN}]", run) else run


def _letters_alone(match: re.Match[str]) -> str:
    return re.sub(r"[^a-z]", "", match.group())


def _outside_addresses(text: str, change: Callable[[str], str]) -> str:
    parts: list[str] = []
    end = 0
    for address in _ADDRESS.finditer(text):
        parts += (change(text[end : address.start()]), address.group())
        end = address.end()
    return "".join((*parts, change(text[end:])))


def _unsigned(text: str, signs: dict[int, str]) -> str:
    """Signs as letters in every word that has a letter; `$4,500.00` has none and stays."""

    def read(word: re.Match[str]) -> str:
        return word.group().translate(signs) if _LETTER.search(word.group()) else word.group()

    return _outside_addresses(text, lambda part: _MIXED_WORD.sub(read, part))


def _in_characters(text: str) -> str:
    """Chinese words that are spelled in Latin letters, as characters.

    In a text without any Chinese only whole words count, for `Qi Su` may be somebody's name.
    """
    tables = _tables()
    if not text.isascii() and _ANY_HAN.search(text):
        if not any(map(tables.syllables.fullmatch, _WORD.findall(text))):
            return text
        return tables.in_part.sub(lambda match: tables.words[(match.lastindex or 1) - 1], text)
    if tables.by_pinyin.keys().isdisjoint(_WORD.findall(text)):
        return text
    return _WORD.sub(lambda match: tables.by_pinyin.get(match.group(), match.group()), text)


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    file = read_model(read_document(READINGS_FILE), ReadingsFile)
    syllables = {word: tuple(tuple(each.split("/")) for each in said.split()) for word, said in file.spelled.items()}
    pairs = {ord(pair[0]): pair[1] for pair in (*file.simplified.split(), *file.look_alikes.split())}
    return _Tables(
        signs_as_i=str.maketrans({**file.signs, "1": "i", "!": "i", "|": "i"}),
        signs_as_l=str.maketrans({**file.signs, "1": "l", "!": "l", "|": "l"}),
        seen_as=_SeenAs(_look_alikes() | pairs),
        syllables=re.compile(f"(?:{_ALTERNATIVELY.join(sorted(_sounds(syllables.values())))})+"),
        by_pinyin={"".join(spelling): word for word, sounds in syllables.items() for spelling in product(*sounds)},
        in_part=re.compile("|".join(_in_part(word, sounds) for word, sounds in syllables.items())),
        words=tuple(syllables),
    )


def _in_part(word: str, sounds: tuple[tuple[str, ...], ...]) -> str:
    options = (f"(?:{'|'.join((sign, *spelled))})" for sign, spelled in zip(word, sounds, strict=True))
    return rf"((?<![a-z]){_GAP.join(options)}(?![a-z]))"


def _sounds(words: Iterable[tuple[tuple[str, ...], ...]]) -> set[str]:
    return {sound for word in words for syllable in word for sound in syllable}


def _look_alikes() -> dict[int, str]:
    """Every character outside ASCII and Chinese that looks like one Latin letter, to that letter."""
    alikes = confusables.confusables_data.items()
    seen = {sign: _latin(alike) for sign, alike in alikes if len(sign) == 1 and not sign.isascii()}
    return {ord(sign): letter for sign, letter in seen.items() if letter and not _ANY_HAN.match(sign)}


def _latin(alikes: Iterable[Mapping[str, str]]) -> str:
    """The first Latin letter among the characters that look alike, in lower case; empty when there is none."""
    letters = (each["c"] for each in alikes if len(each["c"]) == 1 and each["c"].isascii() and each["c"].isalpha())
    return next(letters, "").lower()
