"""The roster of a rehearsal: how each person of the book behaves, what approvers say, which lines fail.

The lender's book knows names, addresses and balances; the roster file adds only behaviour.
"""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from casedb.standing import PersonOnBook
from domain.errors import ConfigurationError

Script = str | dict[str, dict[str, Any]]

_COUNTRIES = {"US": "US", "CN": "CN", "UK": "GB", "GB": "GB"}
_APIS = {"sms": "twilio", "email": "sendgrid"}


class ApproverScript(BaseModel):
    """What a person at the lender says about taking a case to law; silence lets the request expire."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: Literal["grant", "refuse"] | None = None
    after_days: float = Field(default=2, gt=0)
    by: str = "counsel-1"
    """Who speaks where no role is asked for, and who refuses; a leave in roles is given by the desk's people."""


class Desk(BaseModel):
    """The lender's people: who agrees in which role, and what was looked at before law, by whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    roles: dict[str, str] = Field(default_factory=dict)
    attests: str | None = None
    """Who attests contract, limitation and venue of every account; nobody does when it is left out."""
    contract: str = "DMS"
    venue: str = "consumer_residence"
    not_of: tuple[str, ...] = ()
    """Of these persons nobody has looked yet."""


class LineFault(BaseModel):
    """One failure of a provider's line, when it first carries something to a person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: str
    channel: Literal["sms", "email"]
    kind: Literal["server_error", "rate_limited", "slow", "answer_lost", "drop_before_accept"]
    delay_seconds: float = Field(default=0, ge=0, le=5)


class Roster(BaseModel):
    """The whole file. Who is not named never answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    borrowers: dict[str, Script] = Field(default_factory=dict)
    strategies: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Who is collected by another strategy than the campaign's."""
    desk: Desk = Desk()
    approver: ApproverScript = ApproverScript()
    """Who decides about everybody that `approvers` does not name."""
    approvers: dict[str, ApproverScript] = Field(default_factory=dict)
    faults: tuple[LineFault, ...] = ()

    def strategy_of(self, person_id: str) -> str | None:
        """The strategy that somebody is named under; None: the campaign's."""
        return next((name for name, people in self.strategies.items() if person_id in people), None)

    def approver_of(self, person_id: str) -> ApproverScript:
        """Who decides about a person, and how."""
        return self.approvers.get(person_id, self.approver)


class _Once(yaml.SafeLoader):
    """YAML without keys that stand twice: of two scripts of one person the first would be forgotten."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping, each key once. Raises ConstructorError."""
        seen = set[str]()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def load_roster(path: Path) -> Roster:
    """Read a roster file. Raises ConfigurationError with one line per problem."""
    try:
        read = yaml.load(path.read_text(encoding="utf-8"), Loader=_Once)  # noqa: S506 - a safe one
        return Roster.model_validate(read)
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"roster {path} cannot be read: {error}") from None
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise ConfigurationError("\n".join(f"roster {path}: {problem}" for problem in problems)) from None


def sandbox_borrower(person: PersonOnBook, script: Script, seed: int) -> dict[str, Any]:
    """A person of the book as the sandbox takes it. Raises ConfigurationError for a country it does not play."""
    country = _COUNTRIES.get(person.jurisdiction.partition("-")[0])
    if country is None:
        raise ConfigurationError(f"person {person.person_id}: the sandbox plays nobody of {person.jurisdiction}")
    return {
        "borrower_id": person.person_id,
        "name": person.full_name,
        "phones": [address for channel, address in person.addresses if channel == "sms"],
        "emails": [address for channel, address in person.addresses if channel == "email"],
        "push_ids": [address for channel, address in person.addresses if channel == "push"],
        "country": country,
        "zones": list(person.zones),
        "language": "zh" if person.locale.startswith("zh") else "en",
        "script": script,
        "seed": seed,
        "accounts": [
            {
                "account_id": account.account_id,
                "currency": account.currency,
                "balance_minor": account.balance_minor,
            }
            for account in person.accounts
        ],
    }


def sandbox_fault(fault: LineFault, person: PersonOnBook) -> dict[str, Any] | None:
    """A fault as the sandbox takes it; None when the person has no such address."""
    address = next((address for channel, address in person.addresses if channel == fault.channel), None)
    if address is None:
        return None
    return {
        "api": _APIS[fault.channel],
        "kind": fault.kind,
        "delay_seconds": fault.delay_seconds,
        "match": address,
    }
