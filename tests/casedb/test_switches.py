"""Switches on record, on both databases."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from casedb.engine import reading
from casedb.switches import HOW_MANY, active, history, lift_switch, set_switch
from domain.errors import InvalidInput, NotKnown
from domain.switches import Switch
from domain.vocabulary import SwitchScope
from tests.casedb.people import NOW

HOUR = timedelta(hours=1)
GLOBAL = Switch(scope=SwitchScope.GLOBAL, key="", reason="incident", set_by="dana", set_at=NOW)
SMS = replace(GLOBAL, scope=SwitchScope.CHANNEL, key="sms")


def put(engine: Engine, switch: Switch) -> bool:
    return set_switch(engine, switch, strategies=("gentle",))


def test_a_switch_is_active_from_its_setting_to_its_lifting_and_stays_on_record(any_engine: Engine) -> None:
    assert put(any_engine, GLOBAL)
    assert put(any_engine, SMS)
    lift_switch(any_engine, SwitchScope.GLOBAL, "", by="eve", at=NOW + HOUR)
    with reading(any_engine) as connection:
        assert active(connection) == (SMS,)
        assert connection.execute(select(HOW_MANY)).scalar_one() == 1
        records = {each.switch.scope: (each.lifted_by, each.lifted_at) for each in history(connection)}
    assert records == {SwitchScope.GLOBAL: ("eve", NOW + HOUR), SwitchScope.CHANNEL: (None, None)}


def test_a_switch_that_is_set_already_keeps_who_set_it_first_and_may_be_set_again_after_lifting(
    any_engine: Engine,
) -> None:
    assert put(any_engine, SMS)
    assert not put(any_engine, replace(SMS, set_by="eve"))
    lift_switch(any_engine, SMS.scope, SMS.key, by="eve", at=NOW + HOUR)
    assert put(any_engine, replace(SMS, set_by="eve", set_at=NOW + 2 * HOUR))
    with reading(any_engine) as connection:
        assert [each.set_by for each in active(connection)] == ["eve"]
        assert [each.switch.set_by for each in history(connection)] == ["eve", "dana"]


def test_many_who_set_one_switch_at_once_set_it_once(any_engine: Engine) -> None:
    start, done = threading.Barrier(6), []

    def race() -> None:
        start.wait()
        done.append(put(any_engine, GLOBAL))

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("switch", "says"),
    [
        (replace(GLOBAL, key="sms"), "global switch takes no key"),
        (replace(SMS, key="fax"), "takes one of sms, email"),
        (replace(SMS, key=""), "takes one of sms, email"),
        (replace(SMS, scope=SwitchScope.STRATEGY, key="rude"), "takes one of gentle"),
    ],
)
def test_a_key_that_stops_nothing_is_refused(any_engine: Engine, switch: Switch, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        put(any_engine, switch)


def test_an_unknown_campaign_and_a_switch_that_is_not_set_are_named(any_engine: Engine) -> None:
    with pytest.raises(NotKnown, match="campaign november is not known"):
        put(any_engine, replace(SMS, scope=SwitchScope.CAMPAIGN, key="november"))
    with pytest.raises(NotKnown, match="no switch on channel sms is set"):
        lift_switch(any_engine, SwitchScope.CHANNEL, "sms", by="eve", at=NOW)
