"""A payment pays the parts of a debt in the stated order, and not a minor unit is lost."""

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.negotiation.allocation import Allocation, Part, Parts, allocate, check_order, parts_of_ledger
from domain.vocabulary import LedgerKind

ORDERS = st.sampled_from(list(permutations(Part)))
AMOUNTS = st.integers(0, 10**9)
ENTRIES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([LedgerKind.CHARGE, LedgerKind.FEE, LedgerKind.INTEREST]), AMOUNTS),
        st.tuples(
            st.sampled_from([LedgerKind.PAYMENT, LedgerKind.CREDIT, LedgerKind.WAIVER]), AMOUNTS.map(lambda n: -n)
        ),
        st.tuples(st.just(LedgerKind.REVERSAL), AMOUNTS),
    ),
    max_size=20,
)


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, ORDERS)
def test_a_payment_is_used_up_to_the_last_minor_unit(
    payment: int, fees: int, interest: int, principal: int, order: tuple[Part, ...]
) -> None:
    owed = Parts(fees=fees, interest=interest, principal=principal)
    used = allocate(payment, owed, order)
    assert used.fees + used.interest + used.principal + used.unused == payment
    for earlier, later in pairwise(order):
        if getattr(used, later.value):
            assert getattr(used, earlier.value) == getattr(owed, earlier.value), "each in full before the next"
    assert not used.unused or used.fees + used.interest + used.principal == owed.owed_minor


@given(ENTRIES, ORDERS)
def test_the_parts_of_a_ledger_are_its_balance_in_whatever_order(
    entries: list[tuple[LedgerKind, int]], order: tuple[Part, ...]
) -> None:
    assert parts_of_ledger(entries, order).owed_minor == sum(amount for _, amount in entries)


def test_the_usual_order_pays_fees_then_interest_then_principal() -> None:
    owed = Parts(fees=500, interest=300, principal=10_000)
    assert allocate(600, owed) == Allocation(fees=500, interest=100)
    principal_first = (Part.PRINCIPAL, Part.INTEREST, Part.FEES)
    assert allocate(10_100, owed, principal_first) == Allocation(principal=10_000, interest=100)


def test_what_is_taken_back_is_owed_again_by_the_part_paid_last() -> None:
    entries = [
        (LedgerKind.CHARGE, 10_000),
        (LedgerKind.FEE, 500),
        (LedgerKind.PAYMENT, -2_000),
        (LedgerKind.REVERSAL, 1_700),
    ]
    assert parts_of_ledger(entries) == Parts(fees=200, principal=10_000)


@pytest.mark.parametrize("order", [(), (Part.FEES,), (Part.FEES, Part.FEES, Part.PRINCIPAL)])
def test_an_order_names_every_part_once(order: tuple[Part, ...]) -> None:
    with pytest.raises(InvalidInput):
        check_order(order)


def test_a_payment_below_zero_is_refused() -> None:
    with pytest.raises(InvalidInput, match="reversal"):
        allocate(-1, Parts(principal=5))
