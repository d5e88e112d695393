"""The rules of one process are loaded together, and must fit each other."""

import pytest

from config.rules import load_rules
from config.settings import load_settings
from domain.errors import ConfigurationError

NOWHERE = {"twilio_base_url": "http://127.0.0.1:9", "sendgrid_base_url": "http://127.0.0.1:9"}


def test_the_shipped_rules_fit_the_shipped_settings() -> None:
    rules = load_rules(load_settings(None, **NOWHERE))
    assert {"US", "US-MA", "CN", "UK", "EU", "IN", "ID", "SG"} <= set(rules.profiles)
    assert "reminder_1" in rules.template_names


def test_messages_may_not_speak_by_another_role_than_the_gate_judges_by() -> None:
    with pytest.raises(ConfigurationError) as told:
        load_rules(load_settings(None, role="third_party", agency_name="Harbour Agency", **NOWHERE))
    assert "US: its file says role creditor, and AMICABLE_ROLE is third_party: both must say the same" in str(
        told.value
    )


def test_the_strategy_of_cases_that_start_themselves_must_be_there() -> None:
    with pytest.raises(
        ConfigurationError, match="AMICABLE_DEFAULT_STRATEGY: no-such is no strategy here; known: wallet"
    ):
        load_rules(load_settings(None, default_strategy="no-such", **NOWHERE))
