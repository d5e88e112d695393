"""Who may post is written in one line, and nothing of it is ever told."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.partners import RESERVED, SANDBOX_PARTNER_SECRETS, SANDBOX_STRIPE_SECRETS, read_partners
from config.settings import load_settings
from domain.errors import ConfigurationError
from tests.config.conftest import SANDBOX_URLS
from tests.config.test_settings import LIVE

ONE, TWO = SANDBOX_PARTNER_SECRETS
OWN = "whsec_b3duLXNlY3JldC1vZi10aGUtbGVuZGVyLW51bWJlci0x"


def test_each_partner_has_one_secret_or_more() -> None:
    assert read_partners(f" ledger = {ONE} , {OWN};bureau={TWO} ; ") == {"ledger": (ONE, OWN), "bureau": (TWO,)}
    assert read_partners("") == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ONE, "name of lower-case letters"),
        (f"Ledger={ONE}", "name of lower-case letters"),
        (f"ledger={ONE};ledger={TWO}", "twice"),
        (f"ledger={ONE};bureau={ONE}", "one secret twice"),
        ("ledger=", "24 to 64 bytes"),
        ("ledger=whsec_c2hvcnQ=", "24 to 64 bytes"),
        (f"ledger={ONE.removeprefix('whsec_')}", "24 to 64 bytes"),
        (f"ledger={ONE}?", "24 to 64 bytes"),
        *((f"{name}={ONE}", "which is not one of") for name in sorted(RESERVED)),
    ],
)
def test_what_cannot_be_told_apart_is_refused_without_a_secret_in_the_sentence(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        read_partners(text)
    assert ONE.removeprefix("whsec_") not in str(caught.value)


@given(st.text())
def test_any_text_is_partners_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert all(secrets for secrets in read_partners(text).values())


def test_the_sandboxs_secrets_are_refused_in_live_mode_and_others_in_a_rehearsal() -> None:
    assert load_settings(None, **LIVE, ledger_partners=f"ledger={OWN}").partners() == {"ledger": (OWN,)}
    assert load_settings(None, **SANDBOX_URLS, ledger_partners=f"ledger={ONE},{TWO}").partners()["ledger"] == (ONE, TWO)
    for told in (LIVE | {"ledger_partners": f"ledger={OWN},{ONE}"}, SANDBOX_URLS | {"ledger_partners": f"l={OWN}"}):
        with pytest.raises(ConfigurationError, match=r"^AMICABLE_LEDGER_PARTNERS: ") as caught:
            load_settings(None, **told)
        assert "whsec_" not in str(caught.value)


def test_stripes_secrets_are_used_as_they_are() -> None:
    own = "whsec_" + "a1" * 16
    live = load_settings(None, **LIVE, stripe_webhook_secrets=f"{own}, whsec_{'b2' * 16}")
    assert live.stripe_secrets() == (own, "whsec_" + "b2" * 16)
    for told in (
        {**LIVE, "stripe_webhook_secrets": SANDBOX_STRIPE_SECRETS[0]},
        {**LIVE, "stripe_webhook_secrets": "x"},
    ):
        with pytest.raises(ConfigurationError, match=r"^AMICABLE_STRIPE_WEBHOOK_SECRETS: ") as caught:
            load_settings(None, **told)
        assert SANDBOX_STRIPE_SECRETS[0] not in str(caught.value)


def test_without_any_nobody_may_post() -> None:
    assert load_settings(None, **SANDBOX_URLS).partners() == {}
