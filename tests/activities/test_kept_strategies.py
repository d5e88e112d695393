"""A case runs under the version of the strategy that it started with, whatever became of the file."""

import logging
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InternalError

from activities.kept_strategies import KeptStrategies, keep_strategies, pinned_strategies
from activities.planning import Planner
from casedb import strategy_versions
from casedb.engine import reading, writing
from config.messages import MessageRenderer
from config.strategies import read_strategy
from domain.case import CaseState
from domain.errors import ConfigurationError, InvalidInput, NotKnown
from domain.step import Close, Contact, Rest
from domain.strategy import Strategy
from domain.vocabulary import CloseReason, TaskKind
from tests.domain.cases import CONFIG, GENTLE, STANDARD
from tests.support.contacts import Play
from tests.support.stage import OPENED_AT, rules_and_renderer
from workflows.messages import OpenRequest

LATER = read_strategy(STANDARD.name, STANDARD.document.replace('at: "10:00"', 'at: "15:00"'))
"""The same file after somebody changed its hours."""


def under(play: Play, *, kept: bool = True, **strategies: Strategy) -> Play:
    """The play of a process that has these files."""
    named = {each.name: each for each in strategies.values()}
    shelf = KeptStrategies(play.engine) if kept else None
    planner = Planner(named, play.cases.planner.supported, kept=shelf)
    counsel = replace(play.cases.counsel, planner=planner) if play.cases.counsel else None
    governed = replace(play.governed, planner=planner)
    return replace(play, cases=replace(play.cases, planner=planner, counsel=counsel), governed=governed)


def opened(play: Play, **changes: object) -> CaseState:
    request = OpenRequest(account_id="acc-1", strategy=STANDARD.name, now=OPENED_AT)
    found = play.cases.open_case(replace(request, **changes))  # type: ignore[arg-type]
    assert found.case is not None
    return found.case


def test_a_running_case_keeps_its_version_when_the_file_changes_and_a_new_one_takes_the_new(any_play: Play) -> None:
    play, day = any_play, timedelta(days=1)
    keep_strategies(play.engine, [STANDARD], OPENED_AT)
    case = opened(under(play, old=STANDARD))
    after = under(play, new=LATER)
    step = after.plan(case, OPENED_AT + day)
    assert (step.at.hour, isinstance(step.action, Contact)) == (15, True), "10:00 in New York, as the old file says"
    play.stage.add_account("acc-2", person_id="per-2", phone="+12125550177", email="b@mail.example.com")
    fresh = opened(after, account_id="acc-2")
    assert (fresh.strategy_version, after.plan(fresh, OPENED_AT + day).at.hour) == (LATER.version, 20)
    gone = under(play, other=GENTLE)
    assert gone.plan(case, OPENED_AT + day).at == step.at, "nor does it matter that the file is gone"


def test_a_case_may_be_opened_under_a_version_that_is_no_file_any_more(any_play: Play) -> None:
    keep_strategies(any_play.engine, [STANDARD], OPENED_AT)
    case = opened(under(any_play, new=LATER), strategy_version=STANDARD.version)
    assert case.strategy_version == STANDARD.version
    (row,) = any_play.rows("case")
    assert row.strategy_version == STANDARD.version


def test_a_version_that_nobody_kept_is_never_switched_but_a_humans(play: Play) -> None:
    case = opened(under(play, old=STANDARD))
    lost = under(play, new=LATER)
    step = lost.plan(case, OPENED_AT)
    assert step.action == Rest(task=TaskKind.STRATEGY_MISSING, task_key=STANDARD.reference, owner="engineering")
    assert "strategy keep FILE" in step.why
    (task,) = play.rows("human_task")
    assert (task.kind, task.key, task.done_at) == ("strategy_missing", STANDARD.reference, None)
    keep_strategies(play.engine, [STANDARD], OPENED_AT)
    assert isinstance(lost.plan(case, step.at).action, Contact), "kept since, it goes on by itself"
    (task,) = play.rows("human_task")
    assert task.done_at is not None


def test_without_its_strategy_a_case_still_ends_when_it_is_paid(play: Play) -> None:
    case = opened(under(play, old=STANDARD))
    play.change("account", balance_minor=0, ledger_version=2)
    step = under(play, new=LATER).plan(case, OPENED_AT)
    assert step.action == Close(reason=CloseReason.PAID)


def test_a_lost_workflow_without_its_strategy_is_not_opened_under_another(play: Play) -> None:
    opened(under(play, old=STANDARD))
    request = OpenRequest(account_id="acc-1", strategy=STANDARD.name, now=OPENED_AT)
    again = under(play, new=LATER).cases.open_case(request)
    assert (again.case, STANDARD.reference in again.why) == (None, True)
    assert [row.kind for row in play.rows("human_task")] == ["strategy_missing"]


def test_a_version_is_read_once_and_is_what_it_was(play: Play) -> None:
    assert keep_strategies(play.engine, [STANDARD, GENTLE], OPENED_AT) == 2
    assert keep_strategies(play.engine, [STANDARD, LATER], OPENED_AT) == 1
    kept = KeptStrategies(play.engine)
    found = kept.of(STANDARD.name, STANDARD.version)
    assert found == STANDARD
    assert kept.of(STANDARD.name, STANDARD.version) is found
    with pytest.raises(NotKnown, match="wallet-standard@0123"):
        kept.of(STANDARD.name, "0123")
    with pytest.raises(InvalidInput, match="another text"):
        strategy_versions.keep(play.engine, [(GENTLE.name, GENTLE.version, "purpose: x")], OPENED_AT)
    strategy_versions.keep(play.engine, [("x", "abc", "purpose: x"), ("x", "0", "purpose: y")], OPENED_AT)
    with pytest.raises(ConfigurationError, match="another hash"):
        kept.of("x", "abc")


def test_a_kept_version_is_never_changed_or_deleted(any_play: Play) -> None:
    keep_strategies(any_play.engine, [STANDARD], OPENED_AT)
    for statement in ("UPDATE strategy_version SET document = ''", "DELETE FROM strategy_version"):
        with pytest.raises((IntegrityError, InternalError), match="never"), writing(any_play.engine) as connection:
            connection.execute(text(statement))


def test_what_a_running_case_needs_of_the_templates_must_still_be_there(
    play: Play, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opened(under(play, old=STANDARD))
    with caplog.at_level(logging.WARNING):
        assert pinned_strategies(play.engine, {LATER.name: LATER}).strategies == ()
    assert f"1 open cases wait with a task each: {STANDARD.reference} is not kept" in caplog.text
    keep_strategies(play.engine, [STANDARD], OPENED_AT)
    pinned = pinned_strategies(play.engine, {LATER.name: LATER})
    assert [each.reference for each in pinned.strategies] == [STANDARD.reference]
    ours = rules_and_renderer()[1]
    assert pinned.renderer(CONFIG / "templates", ours) is ours
    gentle = MessageRenderer(CONFIG / "templates", GENTLE.templates)
    assert STANDARD.templates <= set(pinned.renderer(CONFIG / "templates", gentle).names)
    templates = tmp_path / "templates"
    shutil.copytree(CONFIG / "templates", templates)
    for path in templates.glob("*/reminder_3.email.j2"):
        path.unlink()
    with pytest.raises(ConfigurationError) as refused:
        pinned.renderer(templates, gentle)
    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"en/reminder_3.email.j2 is missing: 1 open cases run under {STANDARD.reference}")


def test_versions_are_listed_with_what_hangs_on_them(any_play: Play) -> None:
    opened(under(any_play, old=STANDARD))
    keep_strategies(any_play.engine, [GENTLE], OPENED_AT)
    with reading(any_play.engine) as connection:
        listed = strategy_versions.list_versions(connection)
    assert [(each.reference, each.kept_at, each.open_cases, each.closed_cases) for each in listed] == [
        (GENTLE.reference, OPENED_AT, 0, 0),
        (STANDARD.reference, None, 1, 0),
    ]
