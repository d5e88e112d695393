"""A rule as data: what it hands to its answers, which acts it covers, from which day to which, and for whom."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.compliance.facts import Act
from domain.compliance.profile import Answer, Profile, Rule, Scope, Terms
from domain.compliance.verdict import Effect, Fired, Precedence, RuleClass
from domain.compliance.vocabulary import ActKind, AddressType, Medium, Purpose, Recipient, Role
from tests.domain.compliance.acts import act

LATER = datetime(2026, 6, 4, 12, tzinfo=UTC)
NY, LA = "America/New_York", "America/Los_Angeles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Always(Terms):
    """Denies whatever it is asked about."""

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        return rule.denies("always")


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutTexts(Always):
    """Denies every text."""

    needs_text = True


RULE = Rule(
    id="R-1",
    citation="Law 1",
    rule_class=RuleClass.DEFAULT,
    terms=Always(),
    precedence=Precedence.PLACE,
)
BASE = {"rule": "R-1", "citation": "Law 1", "why": "so", "rule_class": RuleClass.DEFAULT}


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        (lambda: RULE.denies("so"), {"effect": Effect.DENY, "precedence": Precedence.PLACE}),
        (
            lambda: RULE.denies("so", lint="L", code="C", rule="R-2", precedence=Precedence.STAY),
            {"effect": Effect.DENY, "precedence": Precedence.STAY, "lint": "L", "code": "C", "rule": "R-2"},
        ),
        (lambda: RULE.warns("so"), {"effect": Effect.WARN, "precedence": Precedence.WARNING}),
        (
            lambda: RULE.warns("so", lint="L", code="C"),
            {"effect": Effect.WARN, "precedence": Precedence.WARNING, "lint": "L", "code": "C"},
        ),
        (lambda: RULE.defers("so", LATER), {"effect": Effect.DEFER, "precedence": Precedence.PLACE, "until": LATER}),
        (
            lambda: RULE.defers("so", LATER, rule="R-2"),
            {"effect": Effect.DEFER, "precedence": Precedence.PLACE, "until": LATER, "rule": "R-2"},
        ),
    ],
)
def test_an_answer_carries_the_id_the_law_the_class_and_the_rank_of_its_rule(
    say: Callable[[], Fired], expected: dict[str, Any]
) -> None:
    assert say() == Fired(**(BASE | expected))


CONTACT = act("US", channel="sms", address={"type": "mobile"})
ROLES = frozenset({Role.THIRD_PARTY})


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        (Scope(), True),
        (Scope(acts=frozenset({ActKind.CONTACT})), True),
        (Scope(acts=frozenset({ActKind.DSR})), False),
        (Scope(roles=frozenset({Role.THIRD_PARTY, Role.ASSIGNEE})), True),
        (Scope(roles=frozenset({Role.CREDITOR})), False),
        (Scope(channels=frozenset({Medium.SMS})), True),
        (Scope(channels=frozenset({Medium.EMAIL})), False),
        (Scope(except_channels=frozenset({Medium.SMS})), False),
        (Scope(except_channels=frozenset({Medium.EMAIL})), True),
        (Scope(purposes=frozenset({Purpose.COLLECT})), True),
        (Scope(purposes=frozenset({Purpose.REPLY})), False),
        (Scope(except_purposes=frozenset({Purpose.COLLECT})), False),
        (Scope(recipients=frozenset({Recipient.CONSUMER})), True),
        (Scope(recipients=frozenset({Recipient.SPOUSE})), False),
        (Scope(except_recipients=frozenset({Recipient.CONSUMER})), False),
        (Scope(address_types=frozenset({AddressType.MOBILE})), True),
        (Scope(address_types=frozenset({AddressType.WORK_PHONE})), False),
        (Scope(except_address_types=frozenset({AddressType.MOBILE})), False),
        (Scope(except_address_types=frozenset({AddressType.WORK_PHONE})), True),
    ],
)
def test_a_scope_covers_an_act_that_fits_every_part_of_it(scope: Scope, covers: bool) -> None:
    assert scope.covers(CONTACT, ROLES) is covers


def test_an_address_of_no_known_type_is_none_of_those_wanted_or_unwanted() -> None:
    unknown = replace(CONTACT, address=replace(CONTACT.address, type=None))
    assert not Scope(address_types=frozenset({AddressType.MOBILE})).covers(unknown, ROLES)
    assert Scope(except_address_types=frozenset({AddressType.MOBILE})).covers(unknown, ROLES)


JUNE_3 = date(2026, 6, 3)


@pytest.mark.parametrize(
    ("begins", "ends", "at", "zones", "in_force"),
    [
        (None, None, "2026-06-03T16:00", (NY,), True),
        (JUNE_3, None, "2026-06-03T04:00", (NY,), True),
        (JUNE_3, None, "2026-06-03T03:59", (NY,), False),
        (JUNE_3, None, "2026-06-03T04:00", (LA, NY), True),
        (JUNE_3, None, "2026-06-03T03:59", (LA, NY), False),
        (None, JUNE_3, "2026-06-04T03:59", (NY,), True),
        (None, JUNE_3, "2026-06-04T04:00", (NY,), False),
        (None, JUNE_3, "2026-06-04T04:00", (NY, LA), True),
        (None, JUNE_3, "2026-06-04T07:00", (NY, LA), False),
        (JUNE_3, JUNE_3, "2026-06-03T16:00", (NY,), True),
        (JUNE_3, JUNE_3, "2026-06-02T16:00", (NY,), False),
        (JUNE_3, JUNE_3, "2026-06-04T16:00", (NY,), False),
    ],
)
def test_a_rule_is_in_force_on_any_local_date_from_its_first_to_its_last(
    begins: date | None, ends: date | None, at: str, zones: tuple[str, ...], in_force: bool
) -> None:
    rule = replace(RULE, effective_from=begins, effective_to=ends)
    assert rule.in_force(datetime.fromisoformat(at).replace(tzinfo=UTC), zones) is in_force


COLLECTORS = Scope(roles=ROLES)


@pytest.mark.parametrize(
    ("rule", "role", "law_alone", "follows", "selected"),
    [
        pytest.param(RULE, Role.CREDITOR, True, None, True, id="it binds everybody"),
        pytest.param(replace(RULE, house=True), Role.CREDITOR, False, None, True, id="our own"),
        pytest.param(replace(RULE, house=True), Role.CREDITOR, True, None, False, id="our own is no law"),
        pytest.param(replace(RULE, scope=COLLECTORS), Role.THIRD_PARTY, True, None, True, id="it binds collectors"),
        pytest.param(replace(RULE, scope=COLLECTORS), Role.CREDITOR, False, None, False, id="a creditor is none"),
        pytest.param(
            replace(RULE, scope=COLLECTORS), Role.CREDITOR, False, Role.THIRD_PARTY, True, id="a creditor by choice"
        ),
        pytest.param(
            replace(RULE, scope=COLLECTORS), Role.CREDITOR, True, Role.THIRD_PARTY, False, id="a choice is no law"
        ),
        pytest.param(
            replace(RULE, scope=Scope(roles=frozenset({Role.CREDITOR}))),
            Role.CREDITOR,
            False,
            Role.THIRD_PARTY,
            True,
            id="by choice or not, it stays a creditor",
        ),
        pytest.param(
            replace(RULE, scope=COLLECTORS, by_choice=False),
            Role.CREDITOR,
            False,
            Role.THIRD_PARTY,
            False,
            id="what no creditor chooses",
        ),
        pytest.param(
            replace(RULE, scope=COLLECTORS),
            Role.ASSIGNEE,
            False,
            Role.THIRD_PARTY,
            False,
            id="the choice is a creditor's",
        ),
        pytest.param(replace(RULE, terms=AboutTexts()), Role.CREDITOR, False, None, False, id="about texts alone"),
    ],
)
def test_a_profile_asks_the_rules_that_bind_the_act(
    rule: Rule, role: Role, law_alone: bool, follows: Role | None, selected: bool
) -> None:
    profile = Profile(jurisdiction="US", version="1", rules=(rule,), creditor_follows=follows)
    asked = replace(CONTACT, role=role)
    for _ in range(2):
        selection = profile.select(asked, law_alone=law_alone)
        assert (selection.judging, selection.moving, selection.computing) == ((rule,) if selected else (), (), ())


def test_rules_are_asked_in_their_order_and_each_only_for_what_it_can_say() -> None:
    first, last = replace(RULE, precedence=Precedence.STAY), replace(RULE, precedence=Precedence.FREQUENCY)
    silent = replace(RULE, terms=Terms())
    profile = Profile(jurisdiction="US", version="1", rules=(last, silent, RULE, first))
    assert profile.select(CONTACT, law_alone=True).judging == (first, RULE, last)


def test_acts_of_another_shape_are_asked_other_rules() -> None:
    profile = Profile(
        jurisdiction="US", version="1", rules=(replace(RULE, scope=Scope(channels=frozenset({Medium.EMAIL}))),)
    )
    assert profile.select(CONTACT, law_alone=True).judging == ()
    assert len(profile.select(replace(CONTACT, channel=Medium.EMAIL), law_alone=True).judging) == 1
    assert profile.select(CONTACT, law_alone=True).judging == ()
