"""The law of each jurisdiction from `config/jurisdictions/*.yaml`; rules, numbers and citations stand there.

A jurisdiction without a file has no profile, and the gate denies what it has no profile for. An overlay such as
US-MA names its `parent` and adds to it or takes rules out and puts stricter ones in; without a file of its own it
never falls back to its base.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from config.documents import Document, read_document, read_model, refuse_all, rule_files
from config.fields import RuleModel, checked, reason_of
from config.law.registry import KINDS
from config.law.rule_file import RuleId
from domain.calendar import zone
from domain.compliance.profile import Profile, Rule
from domain.compliance.vocabulary import Role
from domain.errors import ConfigurationError

JurisdictionCode = Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z]{2,3})?$")]


def _zone_name(name: str) -> str:
    checked(lambda: zone(name))
    return name


ZoneName = Annotated[str, AfterValidator(_zone_name)]


class ProfileFile(RuleModel):
    """A whole file but for its rules, which are read one by one."""

    jurisdiction: JurisdictionCode
    parent: JurisdictionCode | None = None
    members: tuple[JurisdictionCode, ...] = ()
    """Codes that it serves as well, as long as they have no file of their own."""
    zones: tuple[ZoneName, ...] = ()
    legal_time: dict[ZoneName, ZoneName] = Field(default_factory=dict)
    """Zones that people use and the law does not."""
    roles: frozenset[Role] = frozenset()
    """Whom a rule binds that names no roles."""
    role: Role | None = None
    """As what we collect there."""
    licensed: bool | None = None
    creditor_follows: Role | None = None
    without: tuple[RuleId, ...] = ()
    """Rules of the parent that do not hold here, or are replaced."""
    rules: Annotated[tuple[dict[str, Any], ...], Field(min_length=1)]


def load_profiles(directory: Path) -> dict[str, Profile]:
    """Every profile of the directory by its jurisdiction code.

    Read again only when a file has changed. Raises ConfigurationError that lists every problem of every file, each
    with file, line, key and reason.
    """
    return dict(_loaded(tuple((path, _digest(path)) for path in rule_files(directory))))


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigurationError(f"{path.name}: cannot be read: {error}") from None


@lru_cache(maxsize=4)
def _loaded(files: tuple[tuple[Path, str], ...]) -> dict[str, Profile]:
    read: dict[str, tuple[Document, ProfileFile, tuple[Rule, ...]]] = {}
    problems: list[str] = []
    for path, _ in files:
        try:
            document = read_document(path)
            file = _file(document)
            read[file.jurisdiction] = (document, file, _rules(document, file))
        except ConfigurationError as error:
            problems += str(error).splitlines()
    profiles: dict[str, Profile] = {}
    for document, file, rules in read.values():
        try:
            profiles[file.jurisdiction] = _profile(document, file, rules, read)
        except ConfigurationError as error:
            problems.append(str(error))
    refuse_all(problems)
    for _, file, _ in read.values():
        for code in file.members:
            served = replace(profiles[file.jurisdiction], jurisdiction=code, lineage=(file.jurisdiction,))
            profiles.setdefault(code, served)
    return profiles


def profile_for(profiles: Mapping[str, Profile], jurisdiction: str) -> Profile | None:
    """The profile of exactly that jurisdiction; None means that nothing may be sent there."""
    return profiles.get(jurisdiction)


def _file(document: Document) -> ProfileFile:
    file = read_model(document, ProfileFile)
    if file.jurisdiction.lower() != document.path.stem:
        reason = f"{file.jurisdiction} belongs in a file named {file.jurisdiction.lower()}.yaml"
        raise ConfigurationError(document.problem(("jurisdiction",), reason))
    return file


def _rules(document: Document, file: ProfileFile) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    problems: list[str] = []
    for index, written in enumerate(file.rules):
        kind = written.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            known = ", ".join(sorted(KINDS))
            path = ("rules", index, "kind") if "kind" in written else ("rules", index)
            problems.append(document.problem(path, f"must be a kind of rule: {known}"))
            continue
        try:
            rules.append(KINDS[kind].model_validate(written).rule(file.roles))
        except ValidationError as error:
            problems += [document.problem(("rules", index, *item["loc"]), reason_of(item)) for item in error.errors()]
    refuse_all(problems)
    return tuple(rules)


def _profile(
    document: Document,
    file: ProfileFile,
    rules: tuple[Rule, ...],
    read: Mapping[str, tuple[Document, ProfileFile, tuple[Rule, ...]]],
) -> Profile:
    inherited: tuple[Rule, ...] = ()
    version, base = document.version, file
    if file.parent is not None:
        if file.parent not in read or read[file.parent][1].parent is not None:
            reason = f"{file.parent} must be a file of this directory that has no parent of its own"
            raise ConfigurationError(document.problem(("parent",), reason))
        above, base, inherited = read[file.parent]
        version = hashlib.sha256(f"{above.version}{document.version}".encode()).hexdigest()[:12]
    known = {rule.id for rule in inherited}
    for index, gone in enumerate(file.without):
        if gone not in known:
            raise ConfigurationError(document.problem(("without", index), f"{file.parent} has no rule {gone}"))
    return Profile(
        jurisdiction=file.jurisdiction,
        version=version,
        lineage=(file.parent,) if file.parent else (),
        zones=file.zones or base.zones,
        legal_time=file.legal_time or base.legal_time,
        role=file.role or base.role or Role.CREDITOR,
        licensed=base.licensed if file.licensed is None else file.licensed,
        creditor_follows=file.creditor_follows or base.creditor_follows,
        rules=tuple(rule for rule in inherited if rule.id not in file.without) + rules,
    )
