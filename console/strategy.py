"""`strategy list|show|diff|keep`: the versions of strategies that are kept, and what is in them."""

import difflib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.text import Text

from activities.kept_strategies import keep_strategies
from activities.planning import Planner
from casedb.engine import reading
from casedb.strategy_versions import KeptVersion, list_versions
from config.documents import read_document
from config.rules import load_rules
from config.strategies import read_strategy
from console.output import plain, say, screen, table, wall_time, write_json
from console.planner import planner_of
from console.session import session
from domain.errors import InvalidInput
from domain.strategy import Strategy

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def list_strategies(*, as_json: bool) -> int:
    """Every version, the newest of each strategy first, with how many cases run under it."""
    with session() as opened:
        current = load_rules(opened.settings).strategies
        with reading(opened.engine) as connection:
            known = list_versions(connection)
    missing = [each for each in current.values() if not any(kept.reference == each.reference for kept in known)]
    unkept = [
        KeptVersion(name=each.name, version=each.version, kept_at=None, open_cases=0, closed_cases=0)
        for each in missing
    ]
    listed = [(each, _is_current(each, current)) for each in (*unkept, *known)]
    if as_json:
        write_json([plain(each) | {"reference": each.reference, "is_the_file": mine} for each, mine in listed])
        return 0
    columns = ("strategy", "version", "the file", "kept (UTC)", "open cases", "closed")
    rows = [
        (
            each.name,
            each.version,
            "yes" if mine else "",
            _kept(each, mine=mine),
            f"{each.open_cases:,}",
            f"{each.closed_cases:,}",
        )
        for each, mine in listed
    ]
    screen().print(table("Strategies", columns, rows, right=("open cases", "closed")))
    return 0


def _is_current(each: KeptVersion, current: dict[str, Strategy]) -> bool:
    return each.name in current and current[each.name].version == each.version


def _kept(each: KeptVersion, *, mine: bool) -> str:
    if each.kept_at is not None:
        return wall_time(each.kept_at)
    return "when a worker starts" if mine else "nobody kept it"


def show_strategy(wanted: str, *, as_json: bool) -> int:
    """The file of a version as it was; of a name alone, the one of today."""
    with session() as opened:
        strategy = find_strategy(planner_of(opened, load_rules(opened.settings)), wanted)
    if as_json:
        write_json(plain(replace(strategy, document="")) | {"document": strategy.document})
    else:
        say(strategy.document.rstrip("\n"))
    return 0


def diff_strategies(before: str, after: str, *, as_json: bool) -> int:
    """What differs between two versions, line by line."""
    with session() as opened:
        planner = planner_of(opened, load_rules(opened.settings))
        old, new = find_strategy(planner, before), find_strategy(planner, after)
    lines = list(
        difflib.unified_diff(
            old.document.splitlines(), new.document.splitlines(), old.reference, new.reference, lineterm="", n=2
        )
    )
    if as_json:
        write_json({"before": old.reference, "after": new.reference, "diff": lines})
    elif not lines:
        say(f"{old.reference} and {new.reference} are the same")
    for line in () if as_json else lines:
        screen().print(Text(line, style=_COLOURS.get(line[:1], "")), soft_wrap=True)
    return 0


def keep_file(file: Path, *, as_json: bool) -> int:
    """Keep a file as a version of the strategy that it is named after, for cases that run under it."""
    strategy = read_strategy(file.stem, read_document(file).text)
    with session() as opened:
        fresh = keep_strategies(opened.engine, [strategy], datetime.now(UTC))
    if as_json:
        write_json({"reference": strategy.reference, "new": bool(fresh)})
        return 0
    say(f"{strategy.reference} is kept" if fresh else f"{strategy.reference} was kept before")
    if fresh:
        say("cases that wait for it go on within a day; restart the workers if it names templates of its own")
    return 0


def find_strategy(planner: Planner, wanted: str) -> Strategy:
    """`NAME` or `NAME@VERSION`. Raises NotKnown, ConfigurationError, or InvalidInput for what is neither."""
    name, at, version = wanted.partition("@")
    if not name or (at and not version):
        raise InvalidInput(f"{wanted!r} is no strategy: write NAME, or NAME@VERSION as strategy list shows them")
    return planner.version(name, version) if at else planner.strategy(name)
