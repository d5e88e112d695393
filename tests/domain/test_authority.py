"""Who may decide what: roles, delegations for a time, limits by share and by amount."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.authority import Authority, Delegation, Limit, ReliefKind, StaffRole
from domain.errors import InvalidInput

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LEGAL, OWNER, AGENT = StaffRole.LEGAL_COUNSEL, StaffRole.CASE_OWNER, StaffRole.AGENT
FEES = ReliefKind.FEE_WAIVER


def delegation(*, starts_at: datetime = NOW, ends_at: datetime = NOW + timedelta(days=7)) -> Delegation:
    return Delegation(giver="counsel", taker="deputy", role=LEGAL, starts_at=starts_at, ends_at=ends_at)


def authority(*delegations: Delegation) -> Authority:
    people = {"counsel": frozenset({LEGAL}), "deputy": frozenset({AGENT}), "owner": frozenset({OWNER})}
    limits = {
        AGENT: {FEES: Limit(percent=10, amounts_minor={"USD": 3000})},
        LEGAL: {FEES: Limit(percent=50, amounts_minor={"USD": 50000})},
    }
    return Authority(people=people, delegations=delegations, limits=limits)


def test_a_person_has_the_own_roles_in_any_spelling() -> None:
    assert authority().roles_of(" Counsel ", NOW) == {LEGAL}


def test_somebody_unknown_has_no_role() -> None:
    assert not authority().knows("passer-by")
    assert authority().roles_of("passer-by", NOW) == frozenset()


@pytest.mark.parametrize(
    ("days", "held"), [(-1, {AGENT}), (0, {AGENT, LEGAL}), (6, {AGENT, LEGAL}), (7, {AGENT}), (8, {AGENT})]
)
def test_a_delegated_role_is_held_from_its_start_until_before_its_end(days: int, held: set[StaffRole]) -> None:
    assert authority(delegation()).roles_of("deputy", NOW + timedelta(days=days)) == held


def test_a_delegated_role_is_not_passed_on() -> None:
    onward = Delegation(giver="deputy", taker="owner", role=LEGAL, starts_at=NOW, ends_at=NOW + timedelta(days=1))
    with pytest.raises(InvalidInput, match=r"deputy cannot delegate legal_counsel"):
        authority(delegation(), onward)


def test_a_delegate_says_whose_role_it_is_and_does_not_answer_for_who_asked() -> None:
    who = authority(delegation())
    standing = who.standing_as("deputy", LEGAL, NOW)
    assert standing is not None
    assert standing.of == "counsel"
    assert who.standing_as("deputy", LEGAL, NOW, but_not_of="Counsel") is None


@pytest.mark.parametrize(("giver", "taker"), [("counsel", "COUNSEL"), ("nobody", "deputy"), ("counsel", "nobody")])
def test_a_delegation_needs_two_people_of_ours(giver: str, taker: str) -> None:
    with pytest.raises(InvalidInput):
        authority(Delegation(giver=giver, taker=taker, role=LEGAL, starts_at=NOW, ends_at=NOW + timedelta(days=1)))


def test_a_delegation_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidInput, match="must end after"):
        delegation(ends_at=NOW)


@pytest.mark.parametrize(
    ("amount", "balance", "currency", "may"),
    [
        (3000, 30000, "USD", True),
        (3001, 40000, "USD", False),
        (3000, 29999, "USD", False),
        (1, 30000, "EUR", False),
        (-1, 30000, "USD", False),
    ],
)
def test_relief_is_within_the_share_and_within_the_amount_of_the_role(
    amount: int, balance: int, currency: str, may: bool
) -> None:
    assert authority().may_grant("deputy", FEES, amount, balance, currency, at=NOW) is may


def test_a_delegated_role_brings_its_limits_and_another_kind_has_none() -> None:
    who = authority(delegation())
    assert who.may_grant("deputy", FEES, 50000, 100000, "USD", at=NOW)
    assert not who.may_grant("deputy", FEES, 50000, 100000, "USD", at=NOW - timedelta(days=1))
    assert not who.may_grant("deputy", ReliefKind.SETTLEMENT, 1, 100000, "USD", at=NOW)
