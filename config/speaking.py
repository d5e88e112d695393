"""The disclosures of one message in one language: which lines it owes, and where in it they stand."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache, lru_cache

from jinja2 import Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from config.disclosures import FILE, Duties, Words, unspoken
from config.message_values import MessageValues
from domain.compliance.vocabulary import Role
from domain.vocabulary import Channel

_KEPT = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who speaks, and for whom: all that a disclosure may say. Nothing of the person, so what was said may be kept."""

    jurisdiction: str
    role: Role
    creditor: str
    sender: str
    collector: str
    pay_url: str
    help_phone: str
    help_email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The lines of a message's disclosures, each with its rule, and the lines of each place."""

    owed: tuple[tuple[str, str], ...] = ()
    places: dict[str, object]
    """`opening` as one text; `greeting`, `complaint` and `closing` as lists of lines."""


class Disclosing:
    """Says what the law makes us say, in one language. Thread-safe; a line is rendered once for each speaker."""

    def __init__(self, duties: Duties, words: Words, locale: str, environment: SandboxedEnvironment) -> None:
        """Compile the words. Raises jinja2.TemplateError for words that are no template."""
        self._duties = duties
        self._locale = locale
        compiled = cache(environment.from_string)
        self._relations = {role: compiled(text) for role, text in words.relations.items()}
        self._lines: dict[tuple[str, Channel], Template] = {
            (duty.rule, channel): compiled(text)
            for duty in duties.all
            for channel in duty.channels
            if (text := words.of(duty.rule, channel)) is not None
        }
        self._words = words
        self.said = lru_cache(maxsize=_KEPT)(self._said)
        """`said(channel, speaker)`: the lines of a message."""

    def problems(self) -> Iterator[str]:
        """What the language does not say, or cannot, a line each."""
        silent = list(unspoken(self._duties, self._words, self._locale))
        if silent:
            yield from silent
            return
        probe = {"jurisdiction": "US", "creditor": "A", "sender": "B", "collector": "C"}
        contact = {"pay_url": "https://a.example", "help_phone": "1", "help_email": "a@b.example"}
        for channel in Channel:
            for _, role in self._duties.variants(channel):
                told = self._told(Speaker(**probe, **contact, role=role))
                yield from self._unreadable(channel, told)

    def _unreadable(self, channel: Channel, told: dict[str, str]) -> Iterator[str]:
        for (rule, spoken_on), line in self._lines.items():
            if spoken_on is channel:
                try:
                    line.render(told)
                except TemplateError as error:
                    yield f"{self._locale}/{FILE}: {rule} for {channel.value} cannot be rendered: {error.message}"

    def _said(self, channel: Channel, speaker: Speaker) -> Said:
        duties = self._duties.owed(jurisdiction=speaker.jurisdiction, channel=channel, role=speaker.role)
        told = self._told(speaker)
        owed: list[tuple[str, str]] = []
        lines: dict[str, list[str]] = {"opening": [], "greeting": [], "complaint": [], "closing": []}
        for duty in duties:
            line = _one_line(self._lines[duty.rule, channel].render(told))
            owed.append((duty.rule, line))
            lines[duty.place].append(line)
        places: dict[str, object] = {**lines, "opening": " ".join(lines["opening"])}
        return Said(owed=tuple(owed), places=places)

    def _told(self, speaker: Speaker) -> dict[str, str]:
        told = {name: _one_line(text) for name, text in asdict(speaker).items()}
        told["relation"] = _one_line(self._relations[speaker.role].render(told))
        return told


def speaker_of(values: MessageValues) -> Speaker:
    """Who speaks in a message with these values."""
    return Speaker(
        jurisdiction=values.jurisdiction,
        role=values.role,
        creditor=values.creditor,
        sender=values.sender or values.creditor,
        collector=values.collector,
        pay_url=values.pay_url,
        help_phone=values.help_phone,
        help_email=values.help_email,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
