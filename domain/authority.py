"""Who of our people may decide what: roles, delegations for a time, and limits on relief.

People are ids, never names. What was decided is on record with the person and the role, so that a check made later
asks about the instant of the decision and not about today.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.errors import InvalidInput


class StaffRole(StrEnum):
    """As what one of our people decides."""

    AGENT = "agent"
    TEAM_LEAD = "team_lead"
    CASE_OWNER = "case_owner"
    LEGAL_COUNSEL = "legal_counsel"
    COMPLIANCE = "compliance"


class ReliefKind(StrEnum):
    """What may be granted to a borrower beyond the terms of the strategy."""

    DEFERRAL = "deferral"
    INTEREST_WAIVER = "interest_waiver"
    FEE_WAIVER = "fee_waiver"
    SETTLEMENT = "settlement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """One person's role in another's hands for a time; half-open."""

    giver: str
    taker: str
    role: StaffRole
    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        """Refuse one to oneself, and one that ends before it starts."""
        if as_person(self.giver) == as_person(self.taker):
            raise InvalidInput(f"{self.giver} cannot delegate {self.role.value} to the same person")
        if self.ends_at <= self.starts_at:
            raise InvalidInput(f"the delegation from {self.giver} to {self.taker} must end after it starts")

    def holds_at(self, at: datetime) -> bool:
        """Whether it is in force."""
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How much a role may grant alone: both bounds must hold."""

    percent: int
    """Of what is owed."""
    amounts_minor: Mapping[str, int]
    """By currency; one that is not here may not be granted at all."""

    def allows(self, amount_minor: int, balance_minor: int, currency: str) -> bool:
        """Whether an amount is within both bounds."""
        most = self.amounts_minor.get(currency)
        return most is not None and 0 <= amount_minor <= most and amount_minor * 100 <= balance_minor * self.percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """That a person has a role, and from whom when it is delegated."""

    role: StaffRole
    of: str = ""
    """Whose role it is; empty: the person's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Everybody's roles and limits."""

    people: Mapping[str, frozenset[StaffRole]]
    delegations: tuple[Delegation, ...] = ()
    limits: Mapping[StaffRole, Mapping[ReliefKind, Limit]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a delegation by or to somebody unknown, or of a role that the giver has not."""
        for each in self.delegations:
            for person in (each.giver, each.taker):
                if as_person(person) not in self.people:
                    raise InvalidInput(f"a delegation names {person}, who is not among the people")
            if each.role not in self.people[as_person(each.giver)]:
                raise InvalidInput(f"{each.giver} cannot delegate {each.role.value}, which is not {each.giver}'s own")

    def knows(self, person: str) -> bool:
        """Whether the person is one of ours."""
        return as_person(person) in self.people

    def roles_of(self, person: str, at: datetime) -> frozenset[StaffRole]:
        """Every role that the person has at an instant, own or delegated; none for somebody unknown."""
        return frozenset(standing.role for standing in self.standings(person, at))

    def standings(self, person: str, at: datetime) -> Iterator[Standing]:
        """The person's roles with where each is from, the own ones first; a delegated role is not passed on."""
        known = as_person(person)
        yield from (Standing(role=role) for role in sorted(self.people.get(known, ())))
        for each in self.delegations:
            if as_person(each.taker) == known and each.holds_at(at):
                yield Standing(role=each.role, of=as_person(each.giver))

    def standing_as(self, person: str, role: str, at: datetime, *, but_not_of: str = "") -> Standing | None:
        """By what right the person speaks in a role; None without any.

        A role that was delegated by `but_not_of` does not count: who asked cannot let a delegate answer.
        """
        for standing in self.standings(person, at):
            if standing.role == role and (not standing.of or standing.of != as_person(but_not_of)):
                return standing
        return None

    def may_grant(
        self,
        person: str,
        relief_kind: ReliefKind,
        amount_minor: int,
        balance_minor: int,
        currency: str,
        *,
        at: datetime,
    ) -> bool:
        """Whether the person may grant this alone, in any of the roles held then; else a second person must approve.

        `amount_minor` is what the lender gives up, or for a deferral what is deferred.
        """
        bounds = (self.limits.get(role, {}).get(relief_kind) for role in self.roles_of(person, at))
        return any(bound is not None and bound.allows(amount_minor, balance_minor, currency) for bound in bounds)


def as_person(name: str) -> str:
    """A person's id in the one spelling by which people are compared."""
    return name.strip().casefold()
