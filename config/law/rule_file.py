"""One rule of a jurisdiction's file: its common keys, and the keys of its kind taken from the kind's dataclass."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import date, time
from typing import Annotated, Any, ClassVar, get_type_hints

from pydantic import BeforeValidator, create_model, model_validator
from pydantic import Field as Key

from config.fields import RuleModel, Text, WallTime, checked
from domain.compliance.profile import Rule, Scope, Terms
from domain.compliance.verdict import Precedence, RuleClass
from domain.compliance.vocabulary import ELECTRONIC, VOICE, ActKind, AddressType, Medium, Purpose, Recipient, Role

FAMILIES: Mapping[str, frozenset[Medium]] = {"voice": VOICE, "electronic": ELECTRONIC}


def _family(value: object) -> object:
    """Family names stand for their media."""
    if not isinstance(value, list):
        return value
    return [medium for each in value for medium in (FAMILIES.get(each, (each,)) if isinstance(each, str) else (each,))]


def _precedence(value: object) -> object:
    if not isinstance(value, str) or value.upper() not in Precedence.__members__:
        known = ", ".join(name.lower() for name in Precedence.__members__)
        raise ValueError(f"must be one of {known}")
    return Precedence[value.upper()]


def _words(value: object) -> object:
    """Words may be written as a list, or one after the other."""
    return value.split() if isinstance(value, str) else value


RuleId = Annotated[str, Key(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$")]
Media = Annotated[frozenset[Medium], BeforeValidator(_family)]
WordSet = Annotated[frozenset[Text], BeforeValidator(_words)]
Rank = Annotated[Precedence, BeforeValidator(_precedence)]
PositiveNumber = Annotated[int, Key(strict=True, ge=1, le=100_000)]

_READ_AS: Mapping[Any, Any] = {
    time: WallTime,
    time | None: WallTime | None,
    int: PositiveNumber,
    int | None: PositiveNumber | None,
    frozenset[Medium]: Media,
    str: Text,
    frozenset[str]: WordSet,
}
"""How a field of a kind is written in a file, where that is not how Python would read it."""


class RuleFile(RuleModel):
    """The keys that every rule has."""

    kind: str
    id: RuleId
    rule_class: RuleClass = Key(alias="class")
    citation: Text
    precedence: Rank | None = None
    acts: frozenset[ActKind] | None = None
    roles: frozenset[Role] | None = None
    channels: Media = frozenset()
    except_channels: Media = frozenset()
    purposes: frozenset[Purpose] = frozenset()
    except_purposes: frozenset[Purpose] = frozenset()
    recipients: frozenset[Recipient] = frozenset()
    except_recipients: frozenset[Recipient] = frozenset()
    address_types: frozenset[AddressType] = frozenset()
    except_address_types: frozenset[AddressType] = frozenset()
    effective_from: date | None = None
    effective_to: date | None = None
    by_choice: bool = True
    house: bool = False
    no_override_for: frozenset[Text] = frozenset()

    TERMS: ClassVar[type[Terms]] = Terms

    @model_validator(mode="after")
    def _builds(self) -> "RuleFile":
        checked(self.terms)
        return self

    def terms(self) -> Terms:
        """The terms as the core knows them. Raises InvalidInput where they make no sense."""
        return self.TERMS(**{field.name: getattr(self, field.name) for field in fields(self.TERMS)})

    def rule(self, default_roles: frozenset[Role]) -> Rule:
        """The rule as the core knows it; one that names no roles binds the file's."""
        scope = Scope(
            **({} if self.acts is None else {"acts": self.acts}),
            roles=default_roles if self.roles is None else self.roles,
            channels=self.channels,
            except_channels=self.except_channels,
            purposes=self.purposes,
            except_purposes=self.except_purposes,
            recipients=self.recipients,
            except_recipients=self.except_recipients,
            address_types=self.address_types,
            except_address_types=self.except_address_types,
        )
        return Rule(
            id=self.id,
            citation=self.citation,
            rule_class=self.rule_class,
            terms=self.terms(),
            precedence=self.precedence or self.TERMS.precedence,
            scope=scope,
            effective_from=self.effective_from,
            effective_to=self.effective_to,
            by_choice=self.by_choice,
            house=self.house,
            no_override_for=self.no_override_for,
        )


def kinds(terms_by_kind: Mapping[str, type[Terms]]) -> dict[str, type[RuleFile]]:
    """The file models of some kinds, by the word after `kind:`; keys and types are those of the dataclasses."""
    return {kind: _model(kind, terms) for kind, terms in terms_by_kind.items()}


def _model(kind: str, terms: type[Terms]) -> type[RuleFile]:
    hints = get_type_hints(terms)
    own: dict[str, Any] = {field.name: (_read_as(hints[field.name]), _default(field)) for field in fields(terms)}
    model = create_model(f"{terms.__name__}Rule", __base__=RuleFile, **own)
    model.TERMS = terms
    return model


def _read_as(hint: Any) -> Any:
    return _READ_AS.get(hint, hint)


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return Key(default_factory=field.default_factory)
    return ... if field.default is MISSING else field.default
