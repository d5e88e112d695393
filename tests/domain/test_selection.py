"""Conditions over accounts: what words mean, that they read back the same, and that nothing else is understood."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.eligibility import Exclusion, exclusion
from domain.errors import InvalidInput
from domain.selection import (
    EVERYBODY,
    AllOf,
    AnyOf,
    Candidate,
    Condition,
    Field,
    Not,
    Number,
    Op,
    Text,
    holds_for,
    plainly,
)
from domain.selection_words import read_condition, words_of
from domain.vocabulary import CloseReason
from tests.domain.cases import STANDARD


def candidate(**changed: Any) -> Candidate:
    """Somebody who owes 123.45 dollars and is 12 days past due."""
    values: dict[str, Any] = {
        "account_id": "A-1", "person_id": "P-1", "creditor": "Lantern Wallet", "product": "pay_later",
        "segment": "prime", "currency": "USD", "jurisdiction": "US", "zone": "America/New_York",
        "balance_minor": 12_345, "due_on": date(2026, 11, 1), "days_past_due": 12, "overdue": True,
        "locale": "en", "last_outcome": "", "days_since_payment": None,
        "has_open_case": False, "gone": None, "shielded_by": "", "enrolling_in": "",
    }  # fmt: skip
    return Candidate(**(values | changed))


@pytest.mark.parametrize(
    ("words", "means"),
    [
        ("", True),
        ("product = 'pay_later'", True),
        ('PRODUCT == "pay_later" AND NOT segment IN ("staff", "vip")', True),
        ("segment not in ('prime',)", False),
        ("segment != 'prime'", False),
        ("dpd >= 12", True),
        ("30 <= dpd <= 60", False),
        ("12 = dpd", True),
        ("5 < dpd < 20 or currency = 'EUR'", True),
        ("dpd in (1, 12)", True),
        ("dpd not in (1, 12)", False),
        ("currency = 'USD' and balance >= 123.45", True),
        ("currency = 'USD' and balance > 123.45", False),
        ("currency = 'USD' and (balance < 5 or dpd > 3)", True),
        ("account in ('A-1', 'A-2') and jurisdiction = 'US' and creditor = 'Lantern Wallet'", True),
        ("segment = 'a = b and c'", False),
        ("locale = 'en' and last_outcome = ''", True),
        ("last_outcome in ('paid', 'settled')", False),
        ("days_since_payment > 90", True),
        ("days_since_payment <= 90", False),
        ("not days_since_payment <= 90", True),
    ],
)
def test_words_mean_what_they_say(words: str, means: bool) -> None:
    assert holds_for(read_condition(words), candidate()) is means


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("dpd", "is no comparison"),
        ("name = 'Ada'", "no field of an account"),
        ("dpd = 'many'", "needs a number"),
        ("dpd >= 1; drop table account", "cannot be read"),
        ("product = pay_later", "stands in quotes"),
        ("product < 'x'", "compare it with ="),
        ("__import__('os').system('id')", "is no comparison"),
        ("dpd.real = 1", "no field"),
        ("(lambda: 1)() = 1", "no field"),
        ("[dpd for dpd in (1,)] = 1", "no field"),
        ("dpd is 1", "in a way that is not known"),
        ("last_outcome = 'cured'", "no case ends as 'cured': .* written_off, and '' for none"),
        ("balance >= 100", "name exactly one"),
        ("currency in ('USD', 'EUR') and balance >= 100", "name exactly one"),
        ("currency = 'USD' or balance >= 100", "name exactly one"),
        ("not (currency = 'USD') and balance >= 100", "name exactly one"),
        ("dpd = True", "needs a number"),
        ("dpd = 1 +", "cannot be read"),
        ("x" * 2_001, "longer than"),
        ("(" * 900 + "dpd = 1" + ")" * 900, "cannot be read"),
    ],
)
def test_anything_but_a_comparison_of_our_fields_is_refused(words: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        read_condition(words)


TEXTS = st.sampled_from(["prime", "staff", "it's", 'a "b"', "pay_later", "\\n", "=", "and"])
FIELDS = st.sampled_from([Field.SEGMENT, Field.PRODUCT, Field.LOCALE])
DAYS = st.sampled_from([Field.DPD, Field.DAYS_SINCE_PAYMENT])
LEAVES: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Text, field=FIELDS, values=st.lists(TEXTS, min_size=1, max_size=3).map(tuple), negated=st.booleans()),
    st.builds(Number, field=DAYS, op=st.sampled_from(list(Op)), value=st.integers(0, 20).map(Decimal)),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.builds(Not, part=parts),
        st.builds(AllOf, parts=st.lists(parts, max_size=3).map(tuple)),
        st.builds(AnyOf, parts=st.lists(parts, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)
CANDIDATES = st.builds(
    lambda segment, days, paid: replace(candidate(), segment=segment, days_past_due=days, days_since_payment=paid),
    TEXTS,
    st.integers(0, 20),
    st.none() | st.integers(0, 20),
)


@given(CONDITIONS, CANDIDATES)
@example(Not(part=EVERYBODY), candidate())
@example(AnyOf(parts=(AnyOf(parts=()), EVERYBODY)), candidate(days_past_due=-1))
def test_a_condition_written_down_and_read_again_means_the_same(condition: Condition, who: Candidate) -> None:
    assert holds_for(read_condition(words_of(condition)), who) == holds_for(condition, who)


@given(CONDITIONS, CANDIDATES)
def test_pushing_negations_inwards_changes_no_answer(condition: Condition, who: Candidate) -> None:
    assert holds_for(plainly(condition), who) == holds_for(condition, who)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"balance_minor": 0}, Exclusion.NOTHING_OWED),
        ({"due_on": None}, Exclusion.NO_DUE_DATE),
        ({"overdue": False}, Exclusion.NOT_OVERDUE),
        ({"days_past_due": 0}, None),
        ({"shielded_by": "the person was erased"}, Exclusion.SHIELDED),
        ({"has_open_case": True}, Exclusion.OPEN_CASE),
        ({"gone": CloseReason.LEGAL_REFERRAL}, Exclusion.GONE_FOR_GOOD),
        ({"enrolling_in": "autumn"}, Exclusion.ENROLLING),
        ({"currency": "JPY"}, Exclusion.NO_AMOUNTS),
        ({"balance_minor": 99}, Exclusion.IMMATERIAL),
    ],
)
def test_who_is_left_out_is_told_why(changed: dict[str, Any], reason: Exclusion | None) -> None:
    found = exclusion(candidate(**changed), [STANDARD])
    assert (found.reason if found else None) == reason
    assert found is None or found.why


def test_whoever_else_enrols_it_an_account_is_left_out_for_every_other_reason() -> None:
    assert exclusion(candidate(enrolling_in="autumn"), [STANDARD], whoever_else_enrols=True) is None
    shielded = candidate(enrolling_in="autumn", shielded_by="the person was erased")
    found = exclusion(shielded, [STANDARD], whoever_else_enrols=True)
    assert found is not None
    assert found.reason is Exclusion.SHIELDED
