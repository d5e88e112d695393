"""The items of a demand sum to what is owed, whatever moved the balance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.itemisation import Itemisation
from domain.money import Money
from domain.vocabulary import LedgerKind

ENTRIES = st.lists(st.tuples(st.sampled_from(LedgerKind), st.integers(-(10**9), 10**9)), max_size=20)


@given(entries=ENTRIES)
def test_the_items_of_a_ledger_sum_to_its_balance(entries: list[tuple[LedgerKind, int]]) -> None:
    items = Itemisation.of_ledger(entries, "USD")
    assert items.total == Money(sum(amount for _, amount in entries), "USD")


def test_payments_and_relief_are_taken_off_and_a_reversal_gives_back() -> None:
    entries = [
        (LedgerKind.CHARGE, 100_00),
        (LedgerKind.INTEREST, 4_50),
        (LedgerKind.FEE, 2_00),
        (LedgerKind.PAYMENT, -30_00),
        (LedgerKind.REVERSAL, 10_00),
        (LedgerKind.WAIVER, -1_00),
    ]
    items = Itemisation.of_ledger(entries, "CNY")
    told = [each.amount_minor for each in (items.principal, items.interest, items.fees, items.payments)]
    assert told == [100_00, 4_50, 2_00, 21_00]
    assert items.total == Money(85_50, "CNY")


def test_items_of_two_currencies_are_refused() -> None:
    usd = Money(1, "USD")
    with pytest.raises(InvalidInput, match="one currency"):
        Itemisation(principal=usd, interest=usd, fees=Money(1, "EUR"), payments=usd)
