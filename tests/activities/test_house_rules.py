"""What stops a contact before any law is asked says until when and why; and holds reach the law by its own words."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from activities.gatekeeping import Gatekeeper
from activities.house_rules import HOLD_AGAIN, held, not_asked_for
from casedb.engine import reading, writing
from casedb.snapshot import Point, Snapshot, read_snapshot
from config.jurisdictions import load_profiles
from domain.holds import HoldState
from domain.vocabulary import Channel, HoldKind
from tests.casedb.people import NOW, add_account, add_person
from tests.domain.cases import CONFIG

PROFILES = load_profiles(CONFIG / "jurisdictions")
NOON = NOW + timedelta(hours=8)
KEEPER = Gatekeeper(profiles=PROFILES, channels=tuple(Channel), tzdata="t")


@pytest.fixture
def snapshot(sqlite_engine: Engine) -> Snapshot:
    with writing(sqlite_engine) as connection:
        add_person(connection, "p", phone="+15550100")
        add_account(connection, "a", "p", balance_minor=100)
    with reading(sqlite_engine) as connection:
        return read_snapshot(connection, "a", "", "", NOON, lock=False)


def hold(kind: HoldKind, **more: object) -> HoldState:
    return HoldState(hold_id="h-1", kind=kind, owner="care", starts_at=NOON - timedelta(days=2), **more)  # type: ignore[arg-type]  # fields of the hold, named by the tests


def point(channel: Channel, *, opted_in: bool) -> Point:
    return Point(
        contact_point_id="p:1", channel=channel, address="x", deliverable=True, opted_out=False, opted_in=opted_in
    )


def test_no_hold_stops_nothing(snapshot: Snapshot) -> None:
    assert held(snapshot, NOON, "t") is None


@pytest.mark.parametrize("kind", list(HoldKind))
def test_every_kind_of_hold_puts_a_contact_off(snapshot: Snapshot, kind: HoldKind) -> None:
    verdict = held(replace(snapshot, holds=(hold(kind),)), NOON, "t")
    assert verdict is not None
    assert (verdict.decision, verdict.until) == ("defer", NOON + HOLD_AGAIN)
    assert verdict.decided_by == f"HOLD-{kind.value.upper().replace('_', '-')}"


def test_a_hold_with_an_end_puts_it_off_to_that_end_and_not_beyond(snapshot: Snapshot) -> None:
    end = NOON + timedelta(hours=5)
    verdict = held(replace(snapshot, holds=(hold(HoldKind.HARDSHIP, ends_at=end),)), NOON, "t")
    assert verdict is not None
    assert verdict.until == end
    assert held(replace(snapshot, holds=(hold(HoldKind.HARDSHIP, ends_at=end),)), end, "t") is None


def test_a_hold_on_one_amount_stops_no_contact_about_the_others(snapshot: Snapshot) -> None:
    one = hold(HoldKind.DISPUTE, obligation_due_on=NOON.date())
    assert held(replace(snapshot, holds=(one,)), NOON, "t") is None
    verdict = KEEPER.verdict_of(replace(snapshot, holds=(one,)), Channel.EMAIL, NOON, point=None)
    assert "US-DISP-1" not in {each.rule for each in verdict.fired}


@pytest.mark.parametrize(
    ("kind", "jurisdiction", "rule"),
    [
        (HoldKind.BANKRUPTCY, "US", "US-BK-1"),
        (HoldKind.DECEASED, "US", "US-DECEASED-1"),
        (HoldKind.CEASE, "US", "US-CEASE-1"),
        (HoldKind.ATTORNEY, "US", "US-ATTY-1"),
        (HoldKind.DISPUTE, "UK", "UK-DISP-1"),
        (HoldKind.BREATHING_SPACE, "UK", "UK-BS-1"),
    ],
)
def test_a_hold_reaches_the_law_by_the_laws_own_word(
    snapshot: Snapshot, kind: HoldKind, jurisdiction: str, rule: str
) -> None:
    there = replace(snapshot, jurisdiction=jurisdiction, zones=("Europe/London",), holds=(hold(kind),))
    verdict = KEEPER.verdict_of(there, Channel.EMAIL, NOON, point=None)
    assert rule in {each.rule for each in verdict.fired}
    assert verdict.decision != "allow"


def test_private_messages_need_a_yes(snapshot: Snapshot) -> None:
    private = point(Channel.SOCIAL_PRIVATE, opted_in=False)
    denied = KEEPER.verdict_of(snapshot, Channel.SOCIAL_PRIVATE, NOON, point=private)
    assert (denied.decision, denied.decided_by) == ("deny", "HOUSE-OPT-IN")
    assert not_asked_for(point(Channel.SOCIAL_PRIVATE, opted_in=True), "t") is None
    assert not_asked_for(point(Channel.SMS, opted_in=False), "t") is None
