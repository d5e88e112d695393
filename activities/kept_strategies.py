"""Strategies by their version: those of this process's files, and those that only the case database still has."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from casedb import strategy_versions
from config.documents import refuse_all, version_of
from config.messages import CHANNELS, MessageRenderer
from config.strategies import read_strategy
from domain.errors import ConfigurationError, NotKnown
from domain.strategy import Strategy

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptStrategies:
    """Reads a version once per process; a version never changes, so nothing is ever read again."""

    engine: Engine
    _read: dict[tuple[str, str], Strategy] = field(default_factory=dict, repr=False)

    def of(self, name: str, version: str) -> Strategy:
        """The strategy as it was.

        Raises NotKnown for a version that nobody kept, ConfigurationError for one that this code cannot read.
        """
        known = self._read.get((name, version))
        if known is None:
            known = self._read[name, version] = self._found(name, version)
        return known

    def _found(self, name: str, version: str) -> Strategy:
        text = strategy_versions.find_document(self.engine, name, version)
        if text is None:
            raise NotKnown(
                f"{name}@{version} is not kept: python starter.py strategy keep FILE with that file as it was, or "
                f"python starter.py strategy move --from {name}@{version}"
            )
        if version_of(text) != version:
            raise ConfigurationError(f"{name}@{version} is not what was kept: its text has another hash")
        try:
            return read_strategy(name, text)
        except ConfigurationError as error:
            problems = "; ".join(str(error).splitlines())
            raise ConfigurationError(f"{name}@{version} cannot be read by this release: {problems}") from None


def keep_strategies(engine: Engine, strategies: Iterable[Strategy], at: datetime) -> int:
    """Keep each in its version, before a case runs under it; answers how many were new."""
    written = [(each.name, each.version, each.document) for each in strategies if each.document]
    return strategy_versions.keep(engine, written, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """What open cases run under beside the files of this process."""

    strategies: tuple[Strategy, ...]
    cases: Mapping[str, int]
    """How many open cases run under each, by its reference."""

    def renderer(self, templates_dir: Path, current: MessageRenderer) -> MessageRenderer:
        """A renderer of what `current` renders and of the templates that only open cases need; itself without any.

        Raises ConfigurationError that names every template which is missing, broken, or breaks a rule.
        """
        names = set(current.names)
        wanted = names.union(*(each.templates for each in self.strategies))
        if wanted == names:
            return current
        refuse_all(line for each in self.strategies for line in self._without_templates(each, templates_dir, names))
        return MessageRenderer(templates_dir, wanted)

    def _without_templates(self, strategy: Strategy, templates_dir: Path, current: set[str]) -> Iterator[str]:
        for template in sorted(strategy.templates - current):
            places = sorted(path for path in templates_dir.glob("*") if path.is_dir())
            files = [place / f"{template}.{channel.value}.j2" for place in places for channel in CHANNELS]
            missing = [f"{path.parent.name}/{path.name}" for path in files if not path.is_file()]
            if missing:
                name, cases = strategy.reference, self.cases[strategy.reference]
                yield (
                    f"{missing[0]} is missing: {cases} open cases run under {name}, which asks for {template}: put it "
                    f"back in every locale, or move them: python starter.py strategy move --from {name} --to STRATEGY"
                )


def pinned_strategies(engine: Engine, current: Mapping[str, Strategy]) -> Pinned:
    """Every version that an open case runs under and no file of ours has.

    A version that nobody kept stops nothing: its cases wait with a task. Raises ConfigurationError for versions that
    this release cannot read.
    """
    kept, found, problems = KeptStrategies(engine), list[Strategy](), list[str]()
    in_use = strategy_versions.versions_in_use(engine)
    for (name, version), cases in sorted(in_use.items()):
        if name in current and current[name].version == version:
            continue
        try:
            found.append(kept.of(name, version))
        except NotKnown as error:
            log.warning("%d open cases wait with a task each: %s", cases, error)
        except ConfigurationError as error:
            problems.append(f"{error}; {cases} open cases run under it: move them")
    refuse_all(problems)
    return Pinned(strategies=tuple(found), cases={f"{name}@{version}": n for (name, version), n in in_use.items()})
