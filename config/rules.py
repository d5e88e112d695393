"""The rules in force for one process: loaded together, so that a start tells every problem at once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from config.documents import refuse_all
from config.holds import load_hold_rules
from config.jurisdictions import load_profiles
from config.roles import load_roles
from config.settings import Settings
from config.strategies import load_strategies
from domain.authority import Authority
from domain.compliance.profile import Profile
from domain.duties import HoldRules
from domain.errors import ConfigurationError
from domain.strategy import Strategy

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Strategies by name, profiles by jurisdiction code, who of our people may decide what, what holds oblige us to."""

    strategies: dict[str, Strategy]
    profiles: dict[str, Profile]
    authority: Authority
    holds: HoldRules

    @property
    def template_names(self) -> tuple[str, ...]:
        """Every template that a strategy asks for; what a MessageRenderer must be able to render."""
        return tuple(sorted({name for strategy in self.strategies.values() for name in strategy.templates}))


def load_rules(settings: Settings) -> Rules:
    """Read what the settings name.

    Raises ConfigurationError that lists every problem of every file.
    """
    problems: list[str] = []
    strategies = _collecting(problems, load_strategies, settings.strategies_dir)
    profiles = _collecting(problems, load_profiles, settings.jurisdictions_dir)
    authority = _or_else(problems, load_roles, settings.roles_file, Authority(people={}))
    holds = _or_else(problems, load_hold_rules, settings.holds_dir, HoldRules(of={}))
    problems += _other_roles(settings, profiles)
    if strategies and settings.default_strategy not in strategies:
        known = ", ".join(sorted(strategies))
        problems.append(f"AMICABLE_DEFAULT_STRATEGY: {settings.default_strategy} is no strategy here; known: {known}")
    refuse_all(problems)
    return Rules(strategies=strategies, profiles=profiles, authority=authority, holds=holds)


def _other_roles(settings: Settings, profiles: dict[str, Profile]) -> list[str]:
    """The gate judges a contact by the role of the law's file, and messages speak by that of the settings."""
    return [
        f"{profile.jurisdiction}: its file says role {profile.role.value}, and AMICABLE_ROLE is {settings.role.value}: "
        "both must say the same"
        for profile in profiles.values()
        if profile.role is not settings.role
    ]


def _collecting(problems: list[str], load: Callable[[Path], dict[str, T]], directory: Path) -> dict[str, T]:
    return _or_else(problems, load, directory, {})


def _or_else(problems: list[str], load: Callable[[Path], T], path: Path, otherwise: T) -> T:
    try:
        return load(path)
    except ConfigurationError as error:
        problems += str(error).splitlines()
        return otherwise
