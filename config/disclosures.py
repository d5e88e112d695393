"""What the law makes a message say by jurisdiction, channel and role: the duties, and their words in each language.

Duties stand once in `config/templates/disclosures.yaml`, the words in `config/templates/<locale>/disclosures.yaml`.
The renderer adds them, so that no template can forget one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from config.documents import read_document, read_model
from config.fields import RuleModel, Text
from domain.compliance.vocabulary import Role
from domain.errors import ConfigurationError
from domain.vocabulary import Channel

FILE = "disclosures.yaml"
ANY = "any"

Place = Literal["opening", "greeting", "complaint", "closing"]
RuleId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$")]
Code = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class DutyFile(RuleModel):
    """One rule as it stands in the file; what is not named is not asked about."""

    citation: Text
    jurisdictions: tuple[Code, ...] = ()
    except_in: tuple[Code, ...] = ()
    roles: tuple[Role, ...] = ()
    channels: tuple[Channel, ...] = tuple(Channel)
    place: Place


class DutiesFile(RuleModel):
    """The whole file of duties."""

    groups: dict[Code, tuple[Code, ...]]
    rules: dict[RuleId, DutyFile]


class WordsFile(RuleModel):
    """The whole file of one language."""

    relations: dict[Role, Text]
    words: dict[RuleId, dict[Channel | Literal["any"], Text]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A disclosure that a message owes, and where in it."""

    rule: str
    place: str
    channels: tuple[Channel, ...]
    jurisdictions: frozenset[str]
    """Codes of countries; empty for all."""
    except_in: frozenset[str]
    roles: frozenset[Role]
    """Empty for all."""

    def binds(self, country: str, channel: Channel, role: Role) -> bool:
        """Whether a message in that country, on that channel, by that role owes it."""
        return (
            channel in self.channels
            and (not self.jurisdictions or country in self.jurisdictions)
            and country not in self.except_in
            and (not self.roles or role in self.roles)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """Every disclosure that the law or the house asks for, in the order in which they are said."""

    all: tuple[Duty, ...]
    codes: tuple[str, ...]
    """Every jurisdiction that a duty names, a group by its own code."""

    def variants(self, channel: Channel) -> Iterator[tuple[str, Role]]:
        """A jurisdiction and a role for each different set of disclosures that the channel knows."""
        seen: set[tuple[str, ...]] = set()
        for jurisdiction, role in product(("", *self.codes), Role):
            rules = tuple(duty.rule for duty in self.owed(jurisdiction=jurisdiction, channel=channel, role=role))
            if (rules := (*rules, role)) not in seen:
                seen.add(rules)
                yield jurisdiction, role

    def owed(self, *, jurisdiction: str, channel: Channel, role: Role) -> tuple[Duty, ...]:
        """The disclosures of one message; an overlay such as US-MA owes what its country owes."""
        country = jurisdiction.partition("-")[0]
        return tuple(duty for duty in self.all if duty.binds(country, channel, role))


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language, as the source of small templates."""

    relations: dict[Role, str]
    by_rule: dict[str, dict[str, str]]

    def of(self, rule: str, channel: Channel) -> str | None:
        """What a message of the channel says for a rule; None when the language has no words for it."""
        words = self.by_rule.get(rule, {})
        return words.get(channel.value, words.get(ANY))


def load_duties(templates_dir: Path) -> Duties:
    """The duties of a directory of templates. Raises ConfigurationError with file, line, key and reason."""
    file = read_model(read_document(_found(templates_dir / FILE)), DutiesFile)
    named = {code for duty in file.rules.values() for code in (*duty.jurisdictions, *duty.except_in)}
    duties = tuple(_duty(rule, duty, file.groups) for rule, duty in file.rules.items())
    return Duties(all=duties, codes=tuple(sorted(named)))


def load_words(locale_dir: Path) -> Words:
    """The words of a language's directory. Raises ConfigurationError with file, line, key and reason."""
    file = read_model(read_document(_found(locale_dir / FILE)), WordsFile)
    by_rule = {rule: {str(channel): text for channel, text in words.items()} for rule, words in file.words.items()}
    return Words(relations=file.relations, by_rule=by_rule)


def unspoken(duties: Duties, words: Words, locale: str) -> Iterator[str]:
    """What a language has no words for, and words that no duty asks for; a line each."""
    where = f"{locale}/{FILE}"
    for role in Role:
        if role not in words.relations:
            yield f"{where}: relations has no words for the role {role.value}"
    for duty in duties.all:
        for channel in duty.channels:
            if words.of(duty.rule, channel) is None:
                yield f"{where}: {duty.rule} has no words for {channel.value}"
    for rule in words.by_rule.keys() - {duty.rule for duty in duties.all}:
        yield f"{where}: {rule} is not a rule of ../{FILE}"


def _found(path: Path) -> Path:
    if not path.is_file():
        raise ConfigurationError(f"{path.parent.name}/{path.name}: is missing; it says what the law makes us say")
    return path


def _duty(rule: str, file: DutyFile, groups: dict[str, tuple[str, ...]]) -> Duty:
    def countries(codes: tuple[str, ...]) -> frozenset[str]:
        return frozenset(country for code in codes for country in (code, *groups.get(code, ())))

    return Duty(
        rule=rule,
        place=file.place,
        channels=file.channels,
        jurisdictions=countries(file.jurisdictions),
        except_in=countries(file.except_in),
        roles=frozenset(file.roles),
    )
