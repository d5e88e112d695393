"""The life of a placement, what an agency earns, and whether it hands over what it should."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import IllegalTransition, InvalidInput
from domain.placement.agency import Rate, Remits
from domain.placement.commission import share_of
from domain.placement.life import Placement, PlacementStatus, RecallReason
from domain.placement.remittance import Stated, Taken, missing, reconcile
from tests.domain.placement.told import NORTHGATE

TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)


def placed(*, told: bool = True) -> Placement:
    return Placement(file_number=41, account_id="A-1", agency="northgate", status=PlacementStatus.PLACED, told=told)


def test_a_recall_is_pending_until_the_time_to_object_is_over() -> None:
    pending = placed().recall(RecallReason.CREDITOR, TODAY, NORTHGATE)
    assert (pending.status, pending.recall_on) == (PlacementStatus.RECALL_PENDING, TODAY + 15 * DAY)
    assert not pending.is_final(TODAY + 14 * DAY)
    final = pending.recalled(TODAY + 15 * DAY)
    assert (final.status, final.closed_on) == (PlacementStatus.RECALLED, TODAY + 15 * DAY)
    with pytest.raises(IllegalTransition, match="its recall is not final"):
        pending.recalled(TODAY)


def test_an_objection_in_time_moves_the_recall_once() -> None:
    pending = placed().recall(RecallReason.CREDITOR, TODAY, NORTHGATE)
    extended = pending.objected(TODAY + 15 * DAY, NORTHGATE)
    assert (extended.recall_on, extended.objections) == (TODAY + 45 * DAY, 1)
    with pytest.raises(IllegalTransition, match="objected to 1 times already"):
        extended.objected(TODAY + 16 * DAY, NORTHGATE)
    with pytest.raises(IllegalTransition, match="the time to object ended on 2026-12-06"):
        pending.objected(TODAY + 16 * DAY, NORTHGATE)
    with pytest.raises(IllegalTransition, match="no recall to object to"):
        placed().objected(TODAY, NORTHGATE)


@pytest.mark.parametrize("reason", [each for each in RecallReason if each.at_once])
def test_what_makes_collection_pointless_or_unlawful_is_final_at_once_and_ends_a_wait(reason: RecallReason) -> None:
    for before in (placed(), placed().recall(RecallReason.CREDITOR, TODAY - DAY, NORTHGATE)):
        at_once = before.recall(reason, TODAY, NORTHGATE)
        assert at_once.is_final(TODAY)
        with pytest.raises(IllegalTransition, match="nobody may object"):
            at_once.objected(TODAY, NORTHGATE)


def test_a_placement_that_nobody_was_told_of_is_closed_without_a_recall() -> None:
    closed = placed(told=False).recall(RecallReason.PAID, TODAY, NORTHGATE)
    assert (closed.status, closed.recall_on) == (PlacementStatus.CLOSED, None)
    with pytest.raises(IllegalTransition, match="does not have it"):
        placed(told=False).returned("UNC", TODAY)


@given(reasons=st.lists(st.sampled_from(RecallReason), min_size=1, max_size=5), days=st.integers(0, 40))
def test_recalling_again_never_gives_the_agency_more_time(reasons: list[RecallReason], days: int) -> None:
    stands, before = placed(), None
    for number, reason in enumerate(reasons):
        stands = stands.recall(reason, TODAY + number * days * DAY, NORTHGATE)
        assert before is None or (stands.recall_on is not None and stands.recall_on <= before)
        assert stands.recall(reason, TODAY + number * days * DAY, NORTHGATE) == stands
        before = stands.recall_on


def test_the_agency_gives_back_only_what_it_has() -> None:
    back = placed().returned("BKP", TODAY)
    assert (back.status, back.close_code, back.closed_on) == (PlacementStatus.RETURNED, "BKP", TODAY)
    assert back.recall(RecallReason.PAID, TODAY, NORTHGATE) == back
    with pytest.raises(IllegalTransition, match="does not have it"):
        back.returned("BKP", TODAY)


@given(amount=st.integers(0, 10**14), points=st.integers(0, 10_000))
def test_commission_and_rest_are_the_whole_payment_and_a_reversal_gives_the_same_back(amount: int, points: int) -> None:
    share = share_of(amount, points)
    assert share.commission_minor + share.net_minor == amount
    assert 0 <= share.commission_minor <= amount
    assert abs(share.commission_minor * 10_000 - amount * points) <= 5_000
    back = share_of(-amount, points)
    assert (back.commission_minor, back.net_minor) == (-share.commission_minor, -share.net_minor)


@pytest.mark.parametrize(
    ("product", "days", "points"),
    [("pay_later", 0, 1500), ("pay_later", 179, 1500), ("pay_later", 180, 2500), ("card", 400, 1200), ("x", -3, 1500)],
)
def test_the_rate_is_that_of_the_product_and_else_of_the_age(product: str, days: int, points: int) -> None:
    assert NORTHGATE.basis_points(product, days) == points


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"currencies": ("USD", "EUR")}, "one currency of two decimal places"),
        ({"currencies": ("JPY",)}, "one currency of two decimal places"),
        ({"currencies": ()}, "ISO 4217 codes, one or more"),
        ({"rates": (Rate(basis_points=1, from_days=30),)}, "for any product from day 0"),
        ({"rates": (Rate(basis_points=1), Rate(basis_points=2))}, "the same product and age"),
    ],
)
def test_terms_that_could_not_be_kept_are_refused(changed: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        replace(NORTHGATE, **changed)  # type: ignore[arg-type]  # one field of many types
    with pytest.raises(InvalidInput, match="0 to 10000 basis points"):
        Rate(basis_points=10_001)


def taken(payment: str = "NG-1", **changed: object) -> Taken:
    values = {"amount_minor": 4_099, "currency": "USD", "basis_points": 1500, "file_number": 41, "payment_type": "PA"}
    return Taken(payment_id=payment, **(values | changed))  # type: ignore[arg-type]  # one field of many types


def stated(payment: str = "NG-1", **changed: object) -> Stated:
    values = {
        "number": 2,
        "currency": "USD",
        "file_number": 41,
        "payment_type": "PA",
        "gross_minor": 4_099,
        "commission_minor": 615,
        "remitted_minor": 3_484,
    }
    return Stated(payment_id=payment, **(values | changed))  # type: ignore[arg-type]  # one field of many types


def test_a_remittance_that_fits_is_agreed_net_or_gross_and_the_same_file_again() -> None:
    ledger = {("NG-1", "PA"): taken()}
    net = reconcile([stated()], ledger, Remits.NET, "r1")
    assert (net.differences, net.due_minor, net.commission_minor) == ((), {"USD": 3_484}, {"USD": 615})
    gross = reconcile([stated(remitted_minor=4_099)], ledger, Remits.GROSS, "r1")
    assert (gross.differences, gross.due_minor) == ((), {"USD": 4_099})
    again = reconcile([stated()], {("NG-1", "PA"): taken(remitted_in="r1")}, Remits.NET, "r1")
    assert again == net


@pytest.mark.parametrize(
    ("line", "ledger", "says"),
    [
        (stated("NG-9"), taken(), "no such payment"),
        (stated(commission_minor=614), taken(), r"commission is 6\.14 USD and should be 6\.15 USD"),
        (stated(gross_minor=4_100), taken(), r"gross is 41\.00 USD and should be 40\.99 USD"),
        (stated(remitted_minor=4_099), taken(), r"remitted is 40\.99 USD and should be 34\.84 USD"),
        (stated(file_number=42), taken(), "on file number 41 in USD"),
        (stated(), taken(remitted_in="r0"), "handed over by r0 before"),
    ],
)
def test_what_does_not_fit_is_a_difference_with_both_values(line: Stated, ledger: Taken, says: str) -> None:
    import re

    found = reconcile([line], {ledger.key: ledger}, Remits.NET, "r1")
    assert found.agreed == ()
    assert re.search(says, found.differences[0].says)


def test_a_line_that_stands_twice_and_a_payment_that_stands_nowhere_are_differences() -> None:
    ledger = {("NG-1", "PA"): taken(), ("NG-2", "PA"): taken("NG-2", amount_minor=100)}
    found = reconcile([stated(), stated(number=3)], ledger, Remits.NET, "r1")
    assert [(each.number, each.says) for each in found.differences] == [(3, "stands in this file before")]
    [lost] = missing([stated()], list(ledger.values()))
    assert lost.says == "the agency took 1.00 USD and no remittance has it"
    assert missing([stated()], [taken("NG-2", remitted_in="r0")]) == ()


def test_a_reversal_takes_its_commission_off_again() -> None:
    ledger = {("NG-1", "PA"): taken(), ("NG-1", "PAR"): taken(payment_type="PAR")}
    found = reconcile([stated(), stated(number=3, payment_type="PAR")], ledger, Remits.NET, "r1")
    assert (found.differences, found.due_minor, found.commission_minor) == ((), {"USD": 0}, {"USD": 0})
