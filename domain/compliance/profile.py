"""The law of one jurisdiction as data: a tuple of rules, each with its source, its scope and the terms of its kind.

How to add a kind of rule:

1. In a module of `domain/compliance`, write a frozen, slotted, keyword-only dataclass derived from `Terms`, with the
   numbers and words of the rule as fields, and override what it does: `evaluate` for a denial or a warning at the
   instant of the act, `next_allowed` for a deferral, `computed` for dates and actions that follow. Return None
   where the rule has nothing to say, also when the fact it needs is absent. Build answers with `rule.denies`,
   `rule.warns` and `rule.defers`, so that id, citation, class and precedence come from the data.
2. In a module of `config/law`, register it: `KINDS = kinds({"word_of_the_yaml": TheTerms})`, and name that module's
   KINDS in `config/law/registry.py`. Keys, types and refusals of the YAML follow from the dataclass's fields.
3. Use it in `config/jurisdictions/*.yaml`: `kind:`, `id:`, `class:`, `citation:`, scope (`roles:`, `channels:`,
   `purposes:`, `recipients:`, each also as `except_...:`, and `acts:`), and the fields of the kind.

The engine asks a rule only about acts inside its scope, so terms need not look at scope again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, TypeVar

from domain.calendar import local_date
from domain.compliance.facts import Act
from domain.compliance.verdict import ComputedValue, Effect, Fired, Precedence, RuleClass
from domain.compliance.vocabulary import ActKind, AddressType, Medium, Purpose, Recipient, Role

WordT = TypeVar("WordT", bound=StrEnum)
Answer = Fired | tuple[Fired, ...] | None
Computed = tuple[tuple[str, ComputedValue], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What one kind of rule says; every part says nothing until a kind overrides it."""

    precedence: ClassVar[Precedence] = Precedence.CONTENT
    """Where a denial or deferral of this kind ranks, unless the data says otherwise."""
    needs_text: ClassVar[bool] = False
    """Whether the kind has nothing to say about an act without a text, so that it need not be asked."""

    def evaluate(self, rule: "Rule", act: Act) -> Answer:
        """A denial or a warning at the instant of the act, or several; or a deferral under a second id."""
        return None

    def next_allowed(self, rule: "Rule", act: Act, at: datetime) -> Fired | None:
        """A deferral to the first instant after `at` at which this rule alone would allow; None: `at` is fine.

        A denial instead of a deferral says that there is no such instant.
        """
        return None

    def computed(self, rule: "Rule", act: Act) -> Computed:
        """Dates (in ISO form) and actions that follow from the rule, by name."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which acts a rule is about; an empty set of what is wanted means all."""

    acts: frozenset[ActKind] = frozenset({ActKind.CONTACT, ActKind.CONTENT})
    roles: frozenset[Role] = frozenset()
    channels: frozenset[Medium] = frozenset()
    except_channels: frozenset[Medium] = frozenset()
    purposes: frozenset[Purpose] = frozenset()
    except_purposes: frozenset[Purpose] = frozenset()
    recipients: frozenset[Recipient] = frozenset()
    except_recipients: frozenset[Recipient] = frozenset()
    address_types: frozenset[AddressType] = frozenset()
    """Types of address; an address whose type nobody knows is not one of them."""
    except_address_types: frozenset[AddressType] = frozenset()

    def covers(self, act: Act, roles: frozenset[Role]) -> bool:
        """Whether an act by somebody in any of these roles is inside."""
        return (
            act.kind in self.acts
            and (not self.roles or bool(self.roles & roles))
            and _inside(act.channel, self.channels, self.except_channels)
            and _inside(act.purpose, self.purposes, self.except_purposes)
            and _inside(act.recipient, self.recipients, self.except_recipients)
            and (not self.address_types or act.address.type in self.address_types)
            and act.address.type not in self.except_address_types
        )


def _inside(value: WordT, wanted: frozenset[WordT], unwanted: frozenset[WordT]) -> bool:
    return (not wanted or value in wanted) and value not in unwanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: where it stands, how firm it is, whom it binds, from when to when, and its terms."""

    id: str
    citation: str
    rule_class: RuleClass
    terms: Terms
    precedence: Precedence
    scope: Scope = Scope()
    effective_from: date | None = None
    effective_to: date | None = None
    """The last day, inclusive."""
    by_choice: bool = True
    """Whether a creditor that follows the rules of debt collectors by choice keeps this one."""
    house: bool = False
    """Ours and no law's; left out when the law alone is asked."""
    no_override_for: frozenset[str] = frozenset()
    """Reasons that are no ground for an override."""

    def in_force(self, instant: datetime, zones: tuple[str, ...]) -> bool:
        """Whether the rule is in force at the instant on any local date of the zones."""
        if self.effective_from is None and self.effective_to is None:
            return True
        dates = [local_date(instant, name) for name in zones]
        begun = self.effective_from is None or max(dates) >= self.effective_from
        return begun and (self.effective_to is None or min(dates) <= self.effective_to)

    def denies(
        self, why: str, *, lint: str = "", code: str = "", rule: str = "", precedence: Precedence | None = None
    ) -> Fired:
        """A denial; `rule` names another id under which it is reported, `precedence` another rank."""
        fired = self._fired(Effect.DENY, why, rule=rule, lint=lint, code=code)
        return fired if precedence is None else replace(fired, precedence=precedence)

    def warns(self, why: str, *, lint: str = "", code: str = "") -> Fired:
        """A warning; its code, or else its id, stands among the verdict's warnings."""
        return self._fired(Effect.WARN, why, rule=self.id, lint=lint, code=code)

    def defers(self, why: str, until: datetime, *, rule: str = "") -> Fired:
        """A deferral to an instant."""
        return self._fired(Effect.DEFER, why, rule=rule, until=until)

    def _fired(
        self, effect: Effect, why: str, *, rule: str, lint: str = "", code: str = "", until: datetime | None = None
    ) -> Fired:
        return Fired(
            rule=rule or self.id,
            citation=self.citation,
            why=why,
            effect=effect,
            precedence=Precedence.WARNING if effect is Effect.WARN else self.precedence,
            rule_class=self.rule_class,
            until=until,
            lint=lint,
            code=code,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The rules that may have something to say about an act, by what they can say."""

    judging: tuple[Rule, ...]
    moving: tuple[Rule, ...]
    computing: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Everything the gate needs to know about one jurisdiction."""

    jurisdiction: str
    version: str
    lineage: tuple[str, ...] = ()
    """The jurisdictions it is laid over, nearest first."""
    zones: tuple[str, ...] = ()
    """Every zone of the country, for a person of whom no zone is known."""
    legal_time: Mapping[str, str] = field(default_factory=dict)
    """Zones that people use and the law does not, with the zone whose time is the law's."""
    role: Role = Role.CREDITOR
    """As what we collect there."""
    licensed: bool | None = None
    """Whether we hold the licence that the jurisdiction asks of an agency; None: it asks for none."""
    creditor_follows: Role | None = None
    """By our choice, a creditor that collects its own debt keeps the rules that bind this role as well."""
    rules: tuple[Rule, ...]
    _selections: dict[tuple[object, ...], Selection] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def select(self, act: Act, *, law_alone: bool) -> Selection:
        """The rules whose scope covers the act, in order of precedence; kept, as acts of few shapes recur."""
        textless = act.content is None
        key = (act.kind, act.role, act.channel, act.purpose, act.recipient, act.address.type, textless, law_alone)
        selection = self._selections.get(key)
        if selection is None:
            selection = self._selections[key] = self._select(act, law_alone=law_alone)
        return selection

    def _select(self, act: Act, *, law_alone: bool) -> Selection:
        covering = [rule for rule in self.rules if self._covers(rule, act, law_alone=law_alone)]
        covering.sort(key=lambda rule: rule.precedence)
        return Selection(
            judging=tuple(rule for rule in covering if type(rule.terms).evaluate is not Terms.evaluate),
            moving=tuple(rule for rule in covering if type(rule.terms).next_allowed is not Terms.next_allowed),
            computing=tuple(rule for rule in covering if type(rule.terms).computed is not Terms.computed),
        )

    def _covers(self, rule: Rule, act: Act, *, law_alone: bool) -> bool:
        if (rule.house and law_alone) or (rule.terms.needs_text and act.content is None):
            return False
        roles = frozenset({act.role})
        follows = act.role is Role.CREDITOR and self.creditor_follows is not None and not law_alone
        if follows and rule.by_choice and self.creditor_follows is not None:
            roles |= {self.creditor_follows}
        return rule.scope.covers(act, roles)
