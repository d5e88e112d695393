"""Rules about a person's no to a medium or an address, the one confirmation of it, and replies that stay open."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import ClassVar

from domain.calendar import local_date
from domain.compliance.facts import Act, PastContact, same_medium
from domain.compliance.profile import Answer, Rule, Terms
from domain.compliance.verdict import Precedence
from domain.compliance.vocabulary import CONVERSATION, ELECTRONIC, VOICE, Medium, Purpose
from domain.compliance.wishes import Wish, WishWords, words_of

HUMAN_REVIEW = "HUMAN_REVIEW"
_SPOKEN = VOICE | {Medium.VOICEMAIL}
_NAMED = {
    "voice": _SPOKEN,
    "phone": _SPOKEN,
    "call": _SPOKEN,
    "voicemail": _SPOKEN,
    "text": frozenset({Medium.SMS}),
    "mail": frozenset({Medium.LETTER, Medium.POSTCARD}),
    "letter": frozenset({Medium.LETTER, Medium.POSTCARD}),
    "electronic": ELECTRONIC,
}
Said = tuple[PastContact, Wish, frozenset[str]]
"""A message of the person, how it reads, and the media it names."""
_BY_NUMBER = _SPOKEN | {Medium.SMS}


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut(Terms):
    """A medium or address that the person asked not to be used is not used, for any debt."""

    precedence: ClassVar[Precedence] = Precedence.OPT_OUT

    words: WishWords = field(default_factory=WishWords)
    reply_rule: str = ""
    """Under which id a reply too many, and what is no reply to a later message, is reported as well."""
    required_media: frozenset[Medium] = frozenset()
    """Media that a law may require; they stay open for what the law requires."""
    reaches: frozenset[Medium] = frozenset()
    """Media that a no to one of them closes together..."""
    reaches_from: date | None = None
    """...from that local date."""

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny what the person asked not to get; a doubtful message is for a human."""
        said = list(self._said(act)) if any(past.text for past in act.history) else []
        if not said and not act.flags.opted_out:
            return None
        since = self._closed_since(act, said)
        review = any(wish in (Wish.UNCLEAR, Wish.WRONG_PERSON) for _, wish, _ in said)
        doubt = (rule.warns("a message of the person needs a human to read it", code=HUMAN_REVIEW),) if review else ()
        if since is None and not _named_in_flags(act):
            return doubt or None
        later = self._later(act, said, since)
        if self._stays_open(act, later):
            return doubt or None
        denial = rule.denies(f"the person opted out of {act.channel.value}")
        if self.reply_rule and (act.purpose is Purpose.REPLY or any(past.inbound for past in later)):
            once = rule.denies("each message of the person earns one reply", rule=self.reply_rule)
            return (denial, once, *doubt)
        return (denial, *doubt)

    def _said(self, act: Act) -> Iterator[Said]:
        """What the person wrote or said so far that is a wish, oldest first."""
        for past in act.before(act.at):
            if past.text and (past.inbound or past.outcome == CONVERSATION):
                wish, media = self.words.read(past.text)
                if wish is not Wish.NOTHING:
                    yield past, wish, media

    def _closed_since(self, act: Act, said: list[Said]) -> datetime | None:
        """Since when the person's own words close this medium; None when they do not."""
        since: datetime | None = None
        for past, wish, media in said:
            if wish is Wish.RESUME and same_medium(past.channel, act.channel):
                since = None
            elif self._closes(act, past, wish, media):
                since = past.at
        return since

    def _closes(self, act: Act, past: PastContact, wish: Wish, media: frozenset[str]) -> bool:
        if wish is Wish.STOP_MEDIUM:
            return any(_is_named(act.channel, medium) for medium in media)
        same_number = None in (past.number, act.address.number) or past.number == act.address.number
        if wish is Wish.WRONG_PERSON:
            by_number = past.channel in _BY_NUMBER and act.channel in _BY_NUMBER
            return same_number and (by_number or past.channel is act.channel)
        if wish is not Wish.STOP:
            return False
        return (same_number and _answers(past.channel, act.channel)) or self._reaches(act, past)

    def _reaches(self, act: Act, past: PastContact) -> bool:
        if self.reaches_from is None or not {act.channel, past.channel} <= self.reaches:
            return False
        return any(local_date(act.at, name) >= self.reaches_from for name in act.zone_names)

    def _later(self, act: Act, said: list[Said], since: datetime | None) -> list[PastContact]:
        """What went to and fro by this medium after it was closed, but for the wishes themselves, oldest first."""
        wishes = {id(past) for past, wish, _ in said if wish not in (Wish.UNCLEAR, Wish.RESUME)}
        return [
            past
            for past in act.before(act.at)
            if (since is None or past.at >= since) and same_medium(past.channel, act.channel) and id(past) not in wishes
        ]

    def _stays_open(self, act: Act, later: list[PastContact]) -> bool:
        if act.purpose is Purpose.LEGALLY_REQUIRED and act.channel in self.required_media:
            return True
        if act.purpose is not Purpose.REPLY:
            return False
        waiting = 0
        for past in later:
            waiting = waiting + 1 if past.inbound else max(0, waiting - 1)
        return waiting > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutConfirmation(Terms):
    """One confirmation of a no, soon, with nothing else in it."""

    precedence: ClassVar[Precedence] = Precedence.OPT_OUT

    forbidden_words: frozenset[str] = frozenset()
    """Words and marks that make it more than a confirmation."""
    within_minutes: int | None = None

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny a second one, a late one, and one that asks for money."""
        received = [past for past in act.before(act.at) if past.inbound and past.channel is act.channel]
        if received and any(
            not past.inbound and past.channel is act.channel and received[-1].at <= past.at <= act.at
            for past in act.history
        ):
            return rule.denies("the opt-out is confirmed already: one confirmation and no more")
        late = self.within_minutes is not None and timedelta(minutes=self.within_minutes)
        if received and late and act.at - received[-1].at > late:
            return rule.denies(f"a confirmation later than {self.within_minutes} minutes is a message of its own")
        if act.content and self._says_more(act.content.readings or (act.content.text,)):
            return rule.denies("a confirmation may say that the request is received and kept, and nothing else")
        return None

    def _says_more(self, readings: tuple[str, ...]) -> bool:
        marks = {word for word in self.forbidden_words if not word.isalnum()}
        return any(
            not self.forbidden_words.isdisjoint(words_of(reading)) or any(mark in reading.casefold() for mark in marks)
            for reading in readings
        )


def _named_in_flags(act: Act) -> bool:
    return any(each == act.address.number or _is_named(act.channel, each) for each in act.flags.opted_out)


def _is_named(channel: Medium, name: str) -> bool:
    return channel.value == name or channel in _NAMED.get(name, frozenset())


def _answers(past: Medium, proposed: Medium) -> bool:
    return past is proposed or (past in _SPOKEN and proposed in _SPOKEN)
