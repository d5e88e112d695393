"""What of the case database reaches the gate, and what is an absent fact."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from activities.gatekeeping import Gatekeeper, live_act, medium_of
from casedb.engine import reading, writing
from casedb.snapshot import Point, Snapshot, read_snapshot
from config.jurisdictions import load_profiles
from domain.compliance.flags import NO_FLAGS
from domain.compliance.gate import check
from domain.compliance.vocabulary import AddressType, Medium, Role
from domain.step import Contact
from domain.vocabulary import Channel, Stage
from tests.casedb.people import NOW, add_account, add_person
from tests.domain.cases import CONFIG

PROFILES = load_profiles(CONFIG / "jurisdictions")
US = PROFILES["US"]
NOON = NOW + timedelta(hours=8)
"""In New York."""


@pytest.fixture
def snapshot(sqlite_engine: Engine) -> Snapshot:
    with writing(sqlite_engine) as connection:
        add_person(connection, "p", phone="+15550100")
        add_account(connection, "a", "p", balance_minor=100)
    with reading(sqlite_engine) as connection:
        return read_snapshot(connection, "a", "", "", NOON, lock=False)


def a_point(channel: Channel, *, opted_in: bool = False, opted_out: bool = False) -> Point:
    return Point(
        contact_point_id="p:1",
        channel=channel,
        address="somewhere",
        deliverable=True,
        opted_out=opted_out,
        opted_in=opted_in,
    )


@pytest.mark.parametrize(
    ("channel", "medium"),
    [
        (Channel.SMS, Medium.SMS),
        (Channel.EMAIL, Medium.EMAIL),
        (Channel.PUSH, Medium.PUSH),
        (Channel.VOICE, Medium.PRERECORDED_CALL),
        (Channel.LETTER, Medium.LETTER),
        (Channel.SOCIAL_PRIVATE, Medium.SOCIAL_PRIVATE),
    ],
)
def test_every_channel_of_ours_is_a_medium_of_the_law(channel: Channel, medium: Medium) -> None:
    assert medium_of(channel) is medium


def test_a_message_of_ours_is_a_creditor_s_to_the_consumer(snapshot: Snapshot) -> None:
    known = replace(snapshot, contacts=((Channel.EMAIL, NOON - timedelta(days=1)),))
    act = live_act(known, Channel.SMS, NOON, US, point=a_point(Channel.SMS), stopped=())
    assert (act.role, act.jurisdiction, act.zone_names) == (Role.CREDITOR, "US", ("America/New_York",))
    assert [(past.channel, past.debt_ids, past.is_placed) for past in act.history] == [(Medium.EMAIL, (), True)]
    assert act.flags is NO_FLAGS
    assert act.consents == ()


def test_a_no_comes_from_the_ledger_of_consents_or_from_the_case(snapshot: Snapshot) -> None:
    told = live_act(snapshot, Channel.SMS, NOON, US, point=a_point(Channel.SMS, opted_out=True), stopped=())
    stopped = live_act(snapshot, Channel.SMS, NOON, US, point=a_point(Channel.SMS), stopped=(Channel.SMS,))
    other = live_act(snapshot, Channel.SMS, NOON, US, point=a_point(Channel.SMS), stopped=(Channel.EMAIL,))
    decided = [check(act, US, tzdata="").decided_by for act in (told, stopped, other)]
    assert decided == ["US-MEDIA-1", "US-MEDIA-1", ""]


def test_a_recorded_voice_needs_a_permission_whatever_the_line_may_be(snapshot: Snapshot) -> None:
    without = live_act(snapshot, Channel.VOICE, NOON, US, point=a_point(Channel.VOICE), stopped=())
    given = live_act(snapshot, Channel.VOICE, NOON, US, point=a_point(Channel.VOICE, opted_in=True), stopped=())
    assert without.address.type is AddressType.MOBILE
    assert check(without, US, tzdata="").decided_by == "US-TCPA-1"
    assert check(given, US, tzdata="").decision == "allow"


def test_where_electronic_contact_needs_a_permission_one_on_record_is_it(snapshot: Snapshot) -> None:
    city = PROFILES["US-NYC"]
    there = replace(snapshot, jurisdiction="US-NYC")
    without = live_act(there, Channel.SMS, NOON, city, point=a_point(Channel.SMS), stopped=())
    given = live_act(there, Channel.SMS, NOON, city, point=a_point(Channel.SMS, opted_in=True), stopped=())
    assert check(without, city, tzdata="").decided_by == "US-NYC-ECON-1"
    assert check(given, city, tzdata="").decision == "allow"


def test_as_what_we_collect_and_with_which_licence_stands_in_the_profile(snapshot: Snapshot) -> None:
    agency = replace(PROFILES["SG"], role=Role.OUTSOURCED, licensed=False)
    there = replace(snapshot, jurisdiction="SG", zones=("Asia/Singapore",))
    act = live_act(there, Channel.SMS, NOW, agency, point=a_point(Channel.SMS), stopped=())
    assert act.role is Role.OUTSOURCED
    assert check(act, agency, tzdata="").decided_by == "SG-LIC-1"
    assert check(act, replace(agency, rules=()), tzdata="").decision == "allow"


def test_a_mandatory_notice_goes_by_what_can_be_kept_before_any_other_channel(snapshot: Snapshot) -> None:
    channels = (Channel.PUSH, Channel.VOICE, Channel.SMS, Channel.EMAIL, Channel.LETTER)
    points = tuple(replace(a_point(channel), contact_point_id=channel.value) for channel in channels)
    gatekeeper = Gatekeeper(profiles=PROFILES, channels=channels, tzdata="2026b")
    contact = Contact(
        touch_key="follow_up/notice",
        stage=Stage.FOLLOW_UP,
        channels=(Channel.SMS,),
        template="notice",
        not_after=NOON + timedelta(hours=1),
        mandatory=True,
    )

    ways = [point.channel for point in gatekeeper.candidates(contact, replace(snapshot, points=points), ())]

    assert ways == [Channel.SMS, Channel.EMAIL, Channel.LETTER, Channel.PUSH, Channel.VOICE]
