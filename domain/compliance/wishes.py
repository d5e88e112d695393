"""What a person's own words say about being contacted: a conclusive no, a no to one medium, or a case for a human.

A revocation by any reasonable means counts; case, punctuation, hyphens and courtesy words do not defeat a keyword.
(47 CFR 64.1200(a)(10); 12 CFR 1006.14(h)(1).) Which words mean what is data.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

_APOSTROPHES = re.compile("['’‘`´]")
_GAPS = re.compile(r"[\W_]+")


class Wish(Enum):
    """How a message reads."""

    NOTHING = "nothing"
    STOP = "stop"
    """A no to the medium and the address it came by."""
    STOP_MEDIUM = "stop_medium"
    """A no to the medium that it names."""
    WRONG_PERSON = "wrong_person"
    RESUME = "resume"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class WishWords:
    """The words; each normalised once, when the law is loaded."""

    keywords: frozenset[str] = frozenset()
    """Alone, but for courtesy, they are a no."""
    courtesy: frozenset[str] = frozenset()
    phrases: tuple[str, ...] = ()
    """Anywhere in a message, they are a no to its medium."""
    media_phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Anywhere in a message, they are a no to the medium named by the key."""
    wrong_person: tuple[str, ...] = ()
    resume: frozenset[str] = frozenset()
    unclear: frozenset[str] = frozenset()
    """Words that make a human look, where nothing else was found."""

    def read(self, text: str) -> tuple[Wish, frozenset[str]]:
        """The wish, and the media it names if it names any."""
        words = words_of(text)
        meant = [word for word in words if word not in self.courtesy]
        if _says_only(meant, self.keywords):
            return Wish.STOP, frozenset()
        if _says_only(meant, self.resume):
            return Wish.RESUME, frozenset()
        media = frozenset(medium for medium, phrases in self.media_phrases.items() if _says_any(words, phrases))
        return (Wish.STOP_MEDIUM, media) if media else (self._read_sentence(words), frozenset())

    def _read_sentence(self, words: list[str]) -> Wish:
        if _says_any(words, self.wrong_person):
            return Wish.WRONG_PERSON
        if _says_any(words, self.phrases):
            return Wish.STOP
        return Wish.NOTHING if self.unclear.isdisjoint(words) else Wish.UNCLEAR


def words_of(text: str) -> list[str]:
    """The words of a text without case, accents, marks or hyphens; letters that stand apart are drawn together."""
    apart_from_marks = unicodedata.normalize("NFKD", text.casefold())
    plain = _APOSTROPHES.sub("", "".join(sign for sign in apart_from_marks if not unicodedata.combining(sign)))
    words: list[str] = []
    apart = False
    for word in _GAPS.sub(" ", plain).split():
        single = len(word) == 1 and word.isascii()
        if single and apart:
            words[-1] += word
        else:
            words.append(word)
        apart = single
    return words


def _says_only(words: list[str], known: frozenset[str]) -> bool:
    if not words:
        return False
    return "".join(words) in known or all(word in known for word in words)


def _says_any(words: list[str], phrases: tuple[str, ...]) -> bool:
    spaced, joined = f" {' '.join(words)} ", "".join(words)
    return any(f" {phrase} " in spaced if phrase.isascii() else phrase in joined for phrase in phrases)
