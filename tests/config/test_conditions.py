"""Conditions of a strategy: what cannot be meant is told with file, line, key and reason."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.strategies import load_strategies
from domain.errors import ConfigurationError
from domain.score import Condition, Measure
from tests.config.conftest import CONFIG

STANDARD = "strategies/wallet-standard.yaml"


def test_the_gentle_strategy_is_softer_for_who_cannot_pay_and_for_who_does_not_want_to() -> None:
    shipped = load_strategies(CONFIG / "strategies")
    assert shipped["wallet-standard"].conditions == ()
    assert shipped["wallet-gentle"].conditions == (
        Condition(when={Measure.ABILITY_BELOW: 40}, offer_after_days=21),
        Condition(when={Measure.WILLINGNESS_BELOW: 40}, gap_days_times=2),
    )


@pytest.mark.parametrize(
    ("condition", "key", "reason"),
    [
        ("{if: {income_below: 40}, then: {gap_days_times: 2}}", r"\[0\].if.income_below", "must be"),
        ("{if: {ability_below: 0}, then: {gap_days_times: 2}}", "ability_below", "greater"),
        ("{if: {ability_below: 40}, then: {gap_days_times: 9}}", "gap_days_times", "less"),
        ("{if: {ability_below: 40}, then: {}}", "then", "needs offer_after_days, gap_days_times or both"),
        ("{if: {}, then: {gap_days_times: 2}}", "if", "at least one"),
        ("{if: {ability_below: 40}, then: {offer_after_days: 400}}", "offer_after_days", "before day"),
        ("{if: {ability_below: 40}, then: {skip: notice-1}}", "skip", "not a key"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_refused(
    changed: Callable[[str, str, str], Path], condition: str, key: str, reason: str
) -> None:
    written = f"grace_days: 0\nconditions:\n  - {condition}"
    with pytest.raises(ConfigurationError, match=rf"wallet-standard.yaml:\d+ conditions.*{key}.*{reason}"):
        load_strategies(changed(STANDARD, "grace_days: 0", written))
