"""Dashboard, alerts, runbook: a query can be read and asks for numbers that are there; an alert has its section."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import typer
import yaml

from starter import app
from tests.telemetry.conftest import Seen

pytestmark = pytest.mark.xdist_group("seen")

DOCS = Path(__file__).parents[2] / "docs"
DASHBOARD = json.loads((DOCS / "grafana" / "amicable.json").read_text(encoding="utf-8"))
RULES = yaml.safe_load((DOCS / "prometheus" / "alerts.yaml").read_text(encoding="utf-8"))
RUNBOOK = (DOCS / "runbook.md").read_text(encoding="utf-8")

PANELS = [each for each in DASHBOARD["panels"] if each["type"] != "row"]
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
OF_PROMETHEUS = {"up"}
"""What Prometheus itself says of each target."""


def queries() -> dict[str, str]:
    """Every query of panels and alerts, by where it stands; Grafana's own variable is a time."""
    told = {f"alert {each['alert']}": each["expr"] for each in ALERTS}
    for panel in PANELS:
        for target in panel["targets"]:
            told[f"panel {panel['title']}/{target['refId']}"] = target["expr"].replace("$__rate_interval", "5m")
    return told


def selectors(node: Any) -> Iterator[Any]:
    """Every series that a query reads."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
    for name in ("lhs", "rhs", "expr", "args", "vector_selector"):
        inside = getattr(node, name, None) or []
        for each in inside if isinstance(inside, list) else [inside]:
            yield from selectors(each)


def groupings(node: Any) -> Iterator[tuple[list[str], list[Any]]]:
    """The labels of each `by (...)`, with the series under it."""
    modifier = getattr(node, "modifier", None)
    if isinstance(node, promql_parser.AggregateExpr) and modifier is not None:
        yield modifier.labels, list(selectors(node))
    for name in ("lhs", "rhs", "expr", "args"):
        inside = getattr(node, name, None) or []
        for each in inside if isinstance(inside, list) else [inside]:
            yield from groupings(each)


def labels_of(exported: str, name: str) -> set[str]:
    """The labels of a number as it is exported."""
    lines = [line for line in exported.splitlines() if re.match(rf"{re.escape(name)}[{{ ]", line)]
    assert lines, f"{name} is not exported"
    return {label for line in lines for label in re.findall(r'[{,](\w+)="', line)}


@pytest.mark.parametrize("where", queries())
def test_every_query_asks_for_numbers_and_labels_that_are_exported(where: str, seen: Seen) -> None:
    read = promql_parser.parse(queries()[where])
    found = [each for each in selectors(read) if each.name not in OF_PROMETHEUS]
    assert found or "NumbersMissing" in where
    for selector in found:
        asked = {each.name for each in selector.matchers.matchers}
        assert asked <= labels_of(seen.exported, selector.name), selector
    for by, under in groupings(read):
        for selector in under:
            assert set(by) <= labels_of(seen.exported, selector.name), (by, selector)


def test_what_is_asked_of_a_label_is_a_value_that_it_has(seen: Seen) -> None:
    for where, query in queries().items():
        for selector in selectors(promql_parser.parse(query)):
            for matcher in selector.matchers.matchers:
                if str(matcher.op) == "MatchOp.Equal" and matcher.name not in ("job", "rule", "status"):
                    assert f'{matcher.name}="{matcher.value}"' in seen.exported, where


def test_every_alert_has_its_section_and_every_section_its_alert() -> None:
    sections = re.findall(r"^### (\w+)$", RUNBOOK, flags=re.MULTILINE)
    assert sorted(sections) == sorted(each["alert"] for each in ALERTS)
    for text in re.split(r"^### \w+$", RUNBOOK, flags=re.MULTILINE)[1:]:
        assert [word for word in ("**Means**", "**Look**", "**Do**") if word not in text] == []


def test_every_alert_says_how_bad_it_is_and_what_is_wrong() -> None:
    for each in ALERTS:
        assert each["labels"]["severity"] in ("page", "ticket")
        assert each["annotations"]["summary"].endswith(".")


def test_the_runbook_names_only_commands_panels_and_places_that_exist() -> None:
    command = typer.main.get_command(app)
    assert isinstance(command, typer.core.TyperGroup)
    told = [code.split() for code in re.findall(r"`([^`]+)`", RUNBOOK)]
    named = [words for words in told if words[0] in command.commands]
    assert len(named) > 20
    for words in named:
        inner = command.commands[words[0]]
        if isinstance(inner, typer.core.TyperGroup):
            inner = inner.commands[words[1]]
        known = {option for each in inner.params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= known, words
    titles = {each["title"] for each in PANELS}
    quoted = {" ".join(each.split()) for each in re.findall(r'(?:at|and) "([A-Z][^"]+)"', RUNBOOK)}
    assert quoted <= titles
    anchors = {each.lower() for each in re.findall(r"^### (\w+)$", RUNBOOK, flags=re.MULTILINE)}
    assert set(re.findall(r"\]\(#(\w+)\)", RUNBOOK)) <= anchors


def test_every_panel_stands_in_its_own_place_and_every_id_is_one() -> None:
    places = [tuple(sorted(each["gridPos"].items())) for each in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)
    assert len({each["id"] for each in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert all(each["gridPos"]["x"] + each["gridPos"]["w"] <= 24 for each in DASHBOARD["panels"])
