"""Which switch stops which contact."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.switches import Switch, affecting, stopped_by
from domain.vocabulary import Channel, SwitchScope
from tests.domain.cases import OPENED_AT


def switch(scope: SwitchScope, key: str = "") -> Switch:
    """A switch that dana set."""
    return Switch(scope=scope, key=key, reason="incident", set_by="dana", set_at=OPENED_AT)


GLOBAL, SMS = switch(SwitchScope.GLOBAL), switch(SwitchScope.CHANNEL, "sms")
NOVEMBER, GENTLE = switch(SwitchScope.CAMPAIGN, "november"), switch(SwitchScope.STRATEGY, "gentle")
CONTACT: dict[str, Any] = {"channel": Channel.SMS, "campaign_id": "november", "strategy": "gentle"}


@pytest.mark.parametrize(
    ("set_", "changed", "stops"),
    [
        ([], {}, None),
        ([GLOBAL], {}, GLOBAL),
        ([SMS], {}, SMS),
        ([SMS], {"channel": Channel.EMAIL}, None),
        ([SMS], {"channel": None}, None),
        ([NOVEMBER], {}, NOVEMBER),
        ([NOVEMBER], {"campaign_id": "december"}, None),
        ([NOVEMBER], {"campaign_id": None}, None),
        ([GENTLE], {}, GENTLE),
        ([GENTLE], {"strategy": "standard"}, None),
        ([GENTLE, NOVEMBER, SMS, GLOBAL], {}, GLOBAL),
        ([GENTLE, NOVEMBER, SMS], {}, SMS),
        ([GENTLE, NOVEMBER], {}, NOVEMBER),
    ],
)
def test_the_widest_switch_that_fits_the_contact_stops_it(
    set_: list[Switch], changed: dict[str, Any], stops: Switch | None
) -> None:
    assert stopped_by(set_, **(CONTACT | changed)) == stops


def test_a_case_is_affected_by_what_stops_it_or_a_channel_of_it() -> None:
    everything = (GENTLE, SMS, NOVEMBER, GLOBAL)
    assert affecting(everything, campaign_id="november", strategy="gentle") == (GLOBAL, SMS, NOVEMBER, GENTLE)
    assert affecting(everything, campaign_id=None, strategy="other") == (GLOBAL, SMS)


SWITCHES = st.lists(
    st.sampled_from([GLOBAL, NOVEMBER, GENTLE, *(switch(SwitchScope.CHANNEL, each.value) for each in Channel)])
)


@given(SWITCHES, SWITCHES, st.sampled_from(Channel), st.sampled_from([None, "november"]))
def test_one_more_switch_never_opens_anything(
    some: list[Switch], more: list[Switch], channel: Channel, campaign_id: str | None
) -> None:
    about: dict[str, Any] = {"channel": channel, "campaign_id": campaign_id, "strategy": "gentle"}
    if stopped_by(some, **about) is not None:
        assert stopped_by(some + more, **about) is not None
