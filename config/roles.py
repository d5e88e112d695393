"""Who may decide what, from one file: people, what they delegate, and what each role may grant alone."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from config.documents import Document, KeyPath, read_document, read_model, refuse_all
from config.fields import MajorAmount, RuleModel
from domain.authority import Authority, Delegation, Limit, ReliefKind, StaffRole
from domain.errors import InvalidInput
from domain.money import MINOR_UNIT_DIGITS, parse_money

ROLES_FILE = Path(__file__).parent / "roles.yaml"
"""The demo's people; live mode needs a file of its own."""


def _instant(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('must be an instant such as "2026-12-01T00:00:00Z"')  # noqa: TRY004  # pydantic places ValueErrors
    return value


def _once(roles: tuple[StaffRole, ...]) -> tuple[StaffRole, ...]:
    if len(roles) != len(set(roles)):
        raise ValueError("names a role twice")
    return roles


PersonId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{0,39}$")]
Roles = Annotated[tuple[StaffRole, ...], Field(min_length=1), AfterValidator(_once)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
WholePercent = Annotated[int, Field(strict=True, ge=0, le=100)]


class DelegationFile(RuleModel):
    """One delegation as it stands in the file."""

    giver: PersonId = Field(alias="from")
    taker: PersonId = Field(alias="to")
    role: StaffRole
    starts_at: Instant = Field(alias="starts")
    ends_at: Instant = Field(alias="ends")


class LimitFile(RuleModel):
    """What a role may grant alone of one kind of relief."""

    percent: WholePercent
    most: Annotated[dict[CurrencyCode, MajorAmount], Field(min_length=1)]


class RolesFile(RuleModel):
    """The whole file."""

    people: Annotated[dict[PersonId, Roles], Field(min_length=1)]
    delegations: tuple[DelegationFile, ...] = ()
    limits: dict[StaffRole, dict[ReliefKind, LimitFile]] = Field(default_factory=dict)


def load_roles(path: Path = ROLES_FILE) -> Authority:
    """Read the file. Raises ConfigurationError that lists every problem with file, line, key and reason."""
    document = read_document(path)
    file = read_model(document, RolesFile)
    problems: list[str] = []
    limits = {
        role: {
            kind: _limit(document, ("limits", role.value, kind.value, "most"), told, problems)
            for kind, told in kinds.items()
        }
        for role, kinds in file.limits.items()
    }
    people = {name: frozenset(roles) for name, roles in file.people.items()}
    delegations = [_delegation(document, index, told, people, problems) for index, told in enumerate(file.delegations)]
    refuse_all(problems)
    return Authority(people=people, delegations=tuple(each for each in delegations if each is not None), limits=limits)


def _limit(document: Document, path: KeyPath, told: LimitFile, problems: list[str]) -> Limit:
    amounts: dict[str, int] = {}
    for code, amount in told.most.items():
        try:
            amounts[code] = _amount(code, amount)
        except InvalidInput as error:
            problems.append(document.problem((*path, code), str(error)))
    return Limit(percent=told.percent, amounts_minor=amounts)


def _amount(code: str, amount: str) -> int:
    if code not in MINOR_UNIT_DIGITS:
        raise InvalidInput(f"{code} is not an ISO 4217 code in use")
    minor = parse_money(amount, code).amount_minor
    if minor < 0:
        raise InvalidInput("must be 0 or more")
    return minor


def _delegation(
    document: Document, index: int, told: DelegationFile, people: dict[str, frozenset[StaffRole]], problems: list[str]
) -> Delegation | None:
    """The delegation as the core knows it, checked by itself so that its problem has a line."""
    try:
        delegation = Delegation(
            giver=told.giver,
            taker=told.taker,
            role=told.role,
            starts_at=_utc(told.starts_at),
            ends_at=_utc(told.ends_at),
        )
        Authority(people=people, delegations=(delegation,))
    except InvalidInput as error:
        problems.append(document.problem(("delegations", index), str(error)))
        return None
    return delegation


def _utc(at: datetime) -> datetime:
    return at.astimezone(tz=UTC)
