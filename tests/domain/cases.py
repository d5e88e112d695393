"""Cases, facts and strategies that tests of the core start from."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from config.strategies import load_strategies
from domain.calendar import at_local
from domain.case import CaseState, apply
from domain.events import ContactForgone, ContactMade
from domain.ladder import CaseFacts, next_step
from domain.step import Contact, NextStep, Rest
from domain.strategy import Strategy
from domain.vocabulary import Channel

CONFIG = Path(__file__).parents[2] / "config"
STRATEGIES = load_strategies(CONFIG / "strategies")
STANDARD = STRATEGIES["wallet-standard"]
GENTLE = STRATEGIES["wallet-gentle"]
NEW_YORK = "America/New_York"
DUE_ON = date(2027, 1, 3)
OPENED_AT = datetime(2027, 1, 4, 14, 0, tzinfo=UTC)
"""09:00 in New York on the first day past due."""


def a_case(**changes: Any) -> CaseState:
    """A case of 123.45 dollars, one day past due, in New York."""
    case = CaseState(
        case_id="acc-1-1",
        account_id="acc-1",
        person_id="per-1",
        campaign_id=None,
        strategy=STANDARD.name,
        strategy_version=STANDARD.version,
        jurisdiction="US",
        currency="USD",
        zone=NEW_YORK,
        due_on=DUE_ON,
        opened_at=OPENED_AT,
        terms=STANDARD.terms_in("USD"),
        balance_minor=12_345,
        ledger_version=1,
    )
    return replace(case, **changes)


def facts_of(case: CaseState, **changes: Any) -> CaseFacts:
    """What the database says when it agrees with the case: the same money, text and mail usable."""
    facts = CaseFacts(
        balance_minor=case.balance_minor,
        ledger_version=case.ledger_version,
        channels=(Channel.SMS, Channel.EMAIL),
    )
    return replace(facts, **changes)


def step_of(case: CaseState, now: datetime, strategy: Strategy = STANDARD, **facts: Any) -> NextStep:
    """What is next for the case."""
    return next_step(case, facts_of(case, **facts), strategy, now)


def ny(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """The instant at which a New York clock shows that hour."""
    return at_local(day, datetime(2000, 1, 1, hour, minute).time(), NEW_YORK)  # noqa: DTZ001  # only its wall time


def after_dpd(days: int, hour: int = 9) -> datetime:
    """New York, that many days after the due date of `a_case`."""
    return ny(DUE_ON + timedelta(days=days), hour)


def made(step: NextStep, at: datetime) -> ContactMade:
    """The fact that the step's touch went out."""
    assert isinstance(step.action, Contact), step
    return ContactMade(
        event_id=f"made:{step.action.touch_key}",
        at=at,
        touch_key=step.action.touch_key,
        stage=step.action.stage,
        channel=step.action.channels[0],
    )


def forgone(step: NextStep, at: datetime) -> ContactForgone:
    """The fact that the step's touch will not go out."""
    assert isinstance(step.action, Contact), step
    return ContactForgone(
        event_id=f"forgone:{step.action.touch_key}",
        at=at,
        touch_key=step.action.touch_key,
        stage=step.action.stage,
        why="no channel",
    )


def walk_ladder(case: CaseState, now: datetime, strategy: Strategy = STANDARD) -> tuple[CaseState, datetime, list[str]]:
    """Make every touch at the instant it is wanted; the case, the last instant and `key at` of every touch."""
    told: list[str] = []
    while isinstance((step := step_of(case, now, strategy)).action, Contact):
        now = max(now, step.at)
        case = apply(case, made(step, now))
        told.append(f"{step.action.touch_key} {now:%m-%d}")
    return case, now, told


def contact_of(step: NextStep) -> Contact:
    assert isinstance(step.action, Contact), step
    return step.action


def rest_of(step: NextStep) -> Rest:
    assert isinstance(step.action, Rest), step
    return step.action
