"""What is left of interest and fees once the principal is paid: waived with the close under a bound, chased above."""

from dataclasses import replace

import pytest

from activities.cases import CaseActivities
from casedb.inbox import InboundFact, InboundKind, Receipt, receive
from domain.case import CaseState
from domain.errors import InvalidInput
from domain.events import LedgerChanged
from domain.step import Close, Rest
from domain.strategy import Strategy
from domain.vocabulary import CloseReason, TaskKind
from tests.domain.cases import STANDARD, a_case, after_dpd, step_of
from tests.support.contacts import Play
from tests.support.stage import OPENED_AT
from workflows.messages import Opened, OpenRequest, PlanInput, StepRequest

PRINCIPAL = 12_345
WAIVING = replace(STANDARD, currencies={"USD": replace(STANDARD.currencies["USD"], residual_waived_below_minor=1_000)})


ASKING = replace(STANDARD, currencies={"USD": replace(STANDARD.currencies["USD"], residual_asked=True)})


@pytest.mark.parametrize(
    ("balance", "accrued", "kept", "asked"),
    [(999, 999, False, True), (999, 2_000, False, True), (999, 998, False, False), (999, 999, True, False)],
    ids=["all of it", "a part of it", "principal is left", "kept"],
)
def test_where_the_strategy_asks_only_interest_and_fees_wait_for_a_person_and_nothing_is_sent(
    balance: int, accrued: int, kept: bool, asked: bool
) -> None:
    step = step_of(a_case(balance_minor=balance), after_dpd(1), ASKING, accrued_minor=accrued, residual_kept=kept)
    if not asked:
        assert step.action.kind == "contact"
        return
    assert isinstance(step.action, Rest)
    assert (step.action.task, step.action.owner) == (TaskKind.RESIDUAL_DECISION, "operations")
    assert step.at > after_dpd(1)


def test_where_the_strategy_asks_a_residue_under_the_bound_is_waived_and_one_not_worth_it_closes_the_case() -> None:
    terms = replace(ASKING.currencies["USD"], residual_waived_below_minor=500)
    bounded = replace(ASKING, currencies={"USD": terms})
    waived = step_of(a_case(balance_minor=499), after_dpd(1), bounded, accrued_minor=900)
    assert waived.action == Close(reason=CloseReason.PAID, waives_minor=499)
    asked = step_of(a_case(balance_minor=500), after_dpd(1), bounded, accrued_minor=900)
    assert asked.action.kind == "rest"
    least = ASKING.currencies["USD"].immaterial_below_minor
    tiny = step_of(a_case(balance_minor=least - 1), after_dpd(1), ASKING, accrued_minor=900)
    assert tiny.action == Close(reason=CloseReason.IMMATERIAL)


@pytest.mark.parametrize(
    ("balance", "accrued", "strategy", "waived"),
    [
        (999, 999, WAIVING, 999),
        (999, 2_000, WAIVING, 999),
        (1_000, 2_000, WAIVING, None),
        (999, 998, WAIVING, None),
        (999, 2_000, STANDARD, None),
    ],
    ids=["all of it", "a part of it", "not under the bound", "principal is left", "no bound: chased"],
)
def test_only_interest_and_fees_under_the_strategys_bound_are_waived(
    balance: int, accrued: int, strategy: object, waived: int | None
) -> None:
    case = a_case(balance_minor=balance)
    step = step_of(case, after_dpd(1), strategy, accrued_minor=accrued)  # type: ignore[arg-type]  # a strategy, in a table
    if waived is None:
        assert step.action.kind == "contact"
    else:
        assert step.action == Close(reason=CloseReason.PAID, waives_minor=waived)
        assert "the principal is paid; USD 9.99 of interest and fees are left and waived" in step.why


def money(play: Play, event_id: str, kind: InboundKind, amount_minor: int) -> None:
    fact = InboundFact(
        event_id=event_id,
        source="ledger",
        kind=kind,
        at=OPENED_AT,
        account_id="acc-1",
        amount_minor=amount_minor,
        currency="USD",
    )
    receive(play.engine, fact, received_at=OPENED_AT)


def waiving(play: Play, terms: Strategy = WAIVING) -> CaseActivities:
    strategies = {
        name: replace(strategy, currencies=terms.currencies) for name, strategy in play.cases.planner.strategies.items()
    }
    planner = replace(play.cases.planner, strategies=strategies)
    assert play.cases.counsel is not None
    return replace(play.cases, planner=planner, counsel=replace(play.cases.counsel, planner=planner))


def test_the_close_takes_the_residue_off_the_ledger_once(any_play: Play) -> None:
    cases = waiving(any_play)
    money(any_play, "fee-1", InboundKind.FEE, 700)
    opened: Opened = cases.open_case(OpenRequest(account_id="acc-1", strategy="wallet-standard", now=OPENED_AT))
    assert opened.case is not None
    money(any_play, "pay-1", InboundKind.PAYMENT, PRINCIPAL)
    step = cases.plan(PlanInput(case=opened.case, because="ledger_changed", now=OPENED_AT))
    request = StepRequest(case=opened.case, step=step, now=OPENED_AT)

    first, second = cases.close_case(request), cases.close_case(request)

    assert first == second
    assert first.event is not None
    assert first.event.reason is CloseReason.PAID  # type: ignore[union-attr]  # it is the close
    (waiver,) = [row for row in any_play.rows("ledger_entry") if row.kind == "waiver"]
    assert (waiver.entry_id, waiver.amount_minor) == ("residual:acc-1-1", -700)
    (account,) = any_play.rows("account")
    assert (account.balance_minor, account.ledger_version) == (0, 4)
    assert "waived" in any_play.rows("case")[0].next_why


def test_a_residue_that_grew_before_the_close_is_judged_afresh(any_play: Play) -> None:
    cases = waiving(any_play)
    money(any_play, "fee-1", InboundKind.FEE, 700)
    opened = cases.open_case(OpenRequest(account_id="acc-1", strategy="wallet-standard", now=OPENED_AT))
    assert opened.case is not None
    money(any_play, "pay-1", InboundKind.PAYMENT, PRINCIPAL)
    step = cases.plan(PlanInput(case=opened.case, because="ledger_changed", now=OPENED_AT))
    money(any_play, "back-1", InboundKind.REVERSAL, PRINCIPAL)

    outcome = cases.close_case(StepRequest(case=opened.case, step=step, now=OPENED_AT))

    assert (outcome.event, outcome.next.action.kind) == (None, "contact")
    assert [row.kind for row in any_play.rows("ledger_entry") if row.kind == "waiver"] == []


def test_what_was_paid_too_much_stands_in_the_why_of_the_end_and_on_the_ledger(any_play: Play) -> None:
    opened = any_play.cases.open_case(OpenRequest(account_id="acc-1", strategy="wallet-standard", now=OPENED_AT))
    assert opened.case is not None
    money(any_play, "pay-1", InboundKind.PAYMENT, PRINCIPAL + 55)
    step = any_play.plan(opened.case, OPENED_AT)
    any_play.cases.close_case(StepRequest(case=opened.case, step=step, now=OPENED_AT))

    (case,), (account,) = any_play.rows("case"), any_play.rows("account")
    assert (case.close_reason, account.balance_minor) == ("paid", -55)
    assert case.next_why == "nothing is owed any more; USD 0.55 of credit remain"


@pytest.mark.parametrize("kind", [InboundKind.CREDIT, InboundKind.REFUND, InboundKind.WAIVER, InboundKind.WRITE_OFF])
def test_whatever_takes_the_debt_away_ends_the_case(play: Play, kind: InboundKind) -> None:
    opened = play.cases.open_case(OpenRequest(account_id="acc-1", strategy="wallet-standard", now=OPENED_AT))
    assert opened.case is not None
    money(play, "E-1", kind, PRINCIPAL)
    assert play.plan(opened.case, OPENED_AT).action == Close(reason=CloseReason.PAID)


def test_a_payment_counts_at_once_while_a_dispute_holds_the_case(play: Play) -> None:
    opened = play.cases.open_case(OpenRequest(account_id="acc-1", strategy="wallet-standard", now=OPENED_AT))
    assert opened.case is not None
    dispute = InboundFact(
        event_id="D-1", source="care", kind=InboundKind.DISPUTE, at=OPENED_AT, account_id="acc-1", owner="disputes"
    )
    receive(play.engine, dispute, received_at=OPENED_AT)
    assert play.plan(opened.case, OPENED_AT).action.kind == "rest"
    money(play, "pay-1", InboundKind.PAYMENT, PRINCIPAL)
    assert play.plan(opened.case, OPENED_AT).action == Close(reason=CloseReason.PAID)


def asked(play: Play) -> tuple[CaseActivities, CaseState]:
    """A case of which only a fee is left, under a strategy that asks; the task is there."""
    cases = waiving(play, ASKING)
    money(play, "fee-1", InboundKind.FEE, 700)
    opened = cases.open_case(OpenRequest(account_id="acc-1", strategy="wallet-standard", now=OPENED_AT))
    assert opened.case is not None
    money(play, "pay-1", InboundKind.PAYMENT, PRINCIPAL)
    assert cases.plan(PlanInput(case=opened.case, because="ledger_changed", now=OPENED_AT)).action.kind == "rest"
    (task,) = play.rows("human_task")
    assert (task.kind, task.key, task.done_at) == ("residual_decision", "acc-1-1", None)
    return cases, opened.case


def decided(play: Play, kind: InboundKind) -> Receipt:
    fact = InboundFact(
        event_id=f"residue:acc-1-1:3:{kind.value}",
        source="console",
        kind=kind,
        at=OPENED_AT,
        account_id="acc-1",
        by="dana",
    )
    return receive(play.engine, fact, received_at=OPENED_AT)


def test_a_residue_that_a_person_waives_leaves_the_ledger_and_the_case_is_paid(any_play: Play) -> None:
    cases, case = asked(any_play)
    receipt = decided(any_play, InboundKind.RESIDUE_WAIVED)
    assert isinstance(receipt.event(), LedgerChanged)
    assert decided(any_play, InboundKind.RESIDUE_WAIVED).duplicate

    step = cases.plan(PlanInput(case=case, because="ledger_changed", now=OPENED_AT))

    assert step.action == Close(reason=CloseReason.PAID)
    (waiver,) = [row for row in any_play.rows("ledger_entry") if row.kind == "waiver"]
    assert (waiver.amount_minor, any_play.rows("account")[0].balance_minor) == (-700, 0)
    assert any_play.rows("human_task")[0].done_at is not None
    with pytest.raises(InvalidInput, match=r"owes USD 0\.00"):
        receive(any_play.engine, replace(receipt.fact, event_id="again"), received_at=OPENED_AT)


def test_a_residue_that_a_person_keeps_is_chased_from_then_on(any_play: Play) -> None:
    cases, case = asked(any_play)
    assert decided(any_play, InboundKind.RESIDUE_KEPT).event() is not None

    assert cases.plan(PlanInput(case=case, because="ledger_changed", now=OPENED_AT)).action.kind == "contact"

    assert any_play.rows("case")[0].residual_kept_by == "dana"
    assert any_play.rows("human_task")[0].done_at is not None
    assert any_play.rows("account")[0].balance_minor == 700


def test_what_is_not_a_residue_is_not_decided_about(any_play: Play) -> None:
    any_play.cases.open_case(OpenRequest(account_id="acc-1", strategy="wallet-standard", now=OPENED_AT))
    with pytest.raises(InvalidInput, match=r"owes USD 123\.45, and USD 0\.00 of interest and fees"):
        decided(any_play, InboundKind.RESIDUE_WAIVED)
    assert any_play.rows("inbox_event") == []
