"""Whole cases, lived through at random: they end or wait for a human, and keep every invariant on the way."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.jurisdictions import load_profiles
from domain.authority import ReliefKind
from domain.calendar import Window, local_date
from domain.case import CaseState
from domain.events import (
    CaseWithdrawn,
    ContactStopped,
    DisputeOpened,
    HoldPlaced,
    HoldReleased,
    LedgerChanged,
    ReliefGranted,
)
from domain.negotiation.judging import Judgement
from domain.negotiation.standing import Standing
from domain.requests import ApprovalDecision, Decision, PlanRequest, PromiseRequest
from domain.step import Contact, Rest
from domain.strategy import Strategy
from domain.touch_keys import AGREEMENT_TEMPLATES, is_relief_terms
from domain.vocabulary import ApprovalStatus, Channel, CloseReason, HoldKind
from tests.domain.cases import CONFIG, DUE_ON, GENTLE, STANDARD, a_case, after_dpd
from tests.domain.generated import ladders
from tests.domain.simulation import Happening, Simulation

US = load_profiles(CONFIG / "jurisdictions")["US"]
HOURS = Window(start=time(8), end=time(21))
"""12 CFR 1006.6(b)(1)(i), half-open."""
DAYS = st.integers(1, 150)


def later(days: int, minutes: int) -> st.SearchStrategy[Happening]:
    """Something that may happen on that day."""
    at = after_dpd(days, 0) + timedelta(minutes=minutes)
    on = DUE_ON + timedelta(days=days)
    hold_id = st.sampled_from(["h-1", "h-2"])
    approval_id = st.sampled_from(["acc-1-1/approval-1", "acc-1-1/approval-2", "acc-1-1/approval-3"])
    return st.one_of(
        st.builds(
            LedgerChanged,
            event_id=st.just("l"),
            at=st.just(at),
            balance_minor=st.sampled_from([0, 50, 5_000, 12_345, 14_000]),
            ledger_version=st.just(0),
        ),
        st.builds(
            PromiseRequest,
            promise_id=st.sampled_from(["p-1", "p-2", "acc-1-1/approval-1", "acc-1-1/approval-2"]),
            amount_minor=st.sampled_from([5_000, 12_345]),
            due_on=st.integers(0, 14).map(lambda ahead: on + timedelta(days=ahead)),
        ),
        st.builds(PlanRequest, plan_id=st.just("pl"), instalments=st.integers(2, 6), first_due_on=st.just(on)),
        st.builds(DisputeOpened, event_id=st.just("d"), at=st.just(at), hold_id=hold_id, owner=st.just("care")),
        st.builds(
            HoldPlaced,
            event_id=st.just("h"),
            at=st.just(at),
            hold_id=hold_id,
            reason=st.just(HoldKind.HARDSHIP),
            owner=st.just("care"),
            starts_at=st.integers(-20, 10).map(lambda shift: at + timedelta(days=shift)),
            ends_at=st.none() | st.integers(11, 30).map(lambda shift: at + timedelta(days=shift)),
        ),
        st.builds(HoldReleased, event_id=st.just("r"), at=st.just(at), hold_id=hold_id),
        st.builds(ContactStopped, event_id=st.just("s"), at=st.just(at), channel=st.sampled_from(Channel)),
        st.builds(
            ApprovalDecision,
            approval_id=approval_id,
            decision=st.sampled_from(Decision),
            by=st.sampled_from(["amicable", "ops-1", "ops-2"]),
        ),
        st.builds(
            lambda relief, number, ahead: ReliefGranted(
                event_id="g",
                at=at,
                relief_id=number,
                relief=relief,
                amount_minor=6_000,
                until=None if relief.value.endswith("waiver") else on + timedelta(days=ahead),
                ends_at=at + timedelta(days=ahead) if relief is ReliefKind.DEFERRAL else None,
                balance_minor=6_000,
                ledger_version=0,
            ),
            st.sampled_from(ReliefKind),
            st.sampled_from(["r-1", "r-2"]),
            st.integers(1, 40),
        ),
        st.builds(CaseWithdrawn, event_id=st.just("w"), at=st.just(at), by=st.just("lender")),
    )


@st.composite
def happenings(draw: st.DrawFn) -> list[tuple[object, Happening]]:
    """A few things that happen to a case, each at its instant."""
    found = []
    for _ in range(draw(st.integers(0, 7))):
        days, minutes = draw(DAYS), draw(st.integers(0, 24 * 60 - 1))
        found.append((after_dpd(days, 0) + timedelta(minutes=minutes), draw(later(days, minutes))))
    return found


ATTEMPTS = st.lists(st.sampled_from(["made", "made", "made", "failed", "forgone"]), min_size=1, max_size=6)
DECISIONS = st.lists(
    st.sampled_from(["grant ops-1", "grant amicable", "refuse ops-1", "grant ops-2"]), min_size=1, max_size=3
)


SPREADS = st.just(0) | st.integers(1, 600)


def a_deferral() -> tuple[datetime, ReliefGranted]:
    """Its terms are a message of their own, beside the ladder's."""
    at = datetime(2027, 1, 5, 5, tzinfo=UTC)
    return at, ReliefGranted(
        event_id="g", at=at, relief_id="r-1", relief=ReliefKind.DEFERRAL, amount_minor=6_000,
        until=DUE_ON + timedelta(days=3), ends_at=at + timedelta(days=1), balance_minor=6_000, ledger_version=0,
    )  # fmt: skip


@given(ladders() | st.sampled_from([STANDARD, GENTLE]), st.integers(1, 120), happenings(), ATTEMPTS, DECISIONS, SPREADS)
@example(STANDARD, 1, [a_deferral()], ["failed"], ["grant ops-1"], 0)
@settings(max_examples=150)
def test_a_life_ends_or_waits_for_a_human_and_keeps_every_invariant(
    strategy: Strategy, entered: int, events: list, attempts: list[str], decisions: list[str], spread: int
) -> None:
    start = after_dpd(entered)
    life = Simulation(
        case=a_case(opened_at=start, terms=strategy.terms_in("USD"), spread_minutes=spread),
        strategy=strategy,
        profile=US,
        happenings=[each for each in events if each[0] >= start],
        attempts=attempts,
        decisions=decisions,
        now=start,
        until=start + timedelta(days=500),
    )
    last = life.run()
    _ends_or_waits_for_a_human(life, last.action)
    _messages_are_lawful_and_wanted(life)
    _the_order_and_distance_of_touches_is_the_strategy_s(life)
    _legal_steps_come_after_every_notice_and_a_grant(life)


def _ends_or_waits_for_a_human(life: Simulation, action: object) -> None:
    reviews = 500 // life.strategy.review_every_days
    assert life.steps < 200 + 5 * reviews, (
        "what waits for a human is looked at in the rhythm of reviews, not more often"
    )
    if isinstance(action, Contact):  # a review is due: what a human was asked about is tried once more
        assert life.case.failed(action.touch_key) or action.touch_key in life.case.forgone
    elif not life.case.is_closed:
        assert isinstance(action, Rest), action
        assert action.task is not None, "after a year and more, only a human can be waited for"
        assert action.owner


def open_agreements(case: CaseState, at: datetime) -> list[str]:
    """What the case agreed on and nobody can judge yet, by the balance."""
    standing = Standing(case=case, received=(), now=at)
    found = {
        "promise": case.promise and standing.of_promise(case.promise),
        "plan": case.plan and standing.of_plan(case.plan).judgement,
        "settlement": case.settlement and standing.of_settlement(case.settlement),
    }
    return [name for name, judgement in found.items() if judgement is Judgement.OPEN]


def _messages_are_lawful_and_wanted(life: Simulation) -> None:
    for each in life.sent:
        assert each.before.balance_minor >= 100, "paid, or not worth asking for"
        holds = [hold for hold in each.before.holds if hold.active_at(each.at)]
        assert not holds or (
            is_relief_terms(each.contact.touch_key) and all(hold.kind is HoldKind.DEFERRAL for hold in holds)
        ), "under a hold only the terms of a deferral are told"
        assert each.contact.template in AGREEMENT_TEMPLATES or not open_agreements(each.before, each.at)
        assert each.channel not in each.before.stopped
        assert not each.before.is_closed
        assert HOURS.contains(each.at, each.before.zone)
        assert each.at < each.contact.not_after
    days = [local_date(each.at, life.case.zone) for each in life.sent]
    assert all(sum(0 <= (other - day).days < 7 for other in days) <= 3 for day in days)
    keys = [each.contact.touch_key for each in life.sent]
    assert len(keys) == len(set(keys))


def _the_order_and_distance_of_touches_is_the_strategy_s(life: Simulation) -> None:
    gaps = {plan.stage: plan.gap_days for plan in life.strategy.stages}
    for before, each in zip(life.sent, life.sent[1:], strict=False):
        if each.contact.template in AGREEMENT_TEMPLATES:
            continue  # about an agreement: its own days count
        apart = local_date(each.at, life.case.zone) - local_date(before.at, life.case.zone)
        assert apart.days >= gaps[each.contact.stage]
        assert each.contact.mandatory or each.contact.stage.rank >= before.contact.stage.rank


def _legal_steps_come_after_every_notice_and_a_grant(life: Simulation) -> None:
    made = {each.contact.touch_key for each in life.sent}
    mandatory = {f"{p.stage.value}/{t.touch_id}" for p in life.strategy.stages for t in p.touches if t.mandatory}
    if life.asked:
        assert mandatory <= made
    for at, case in life.escalated:
        assert open_agreements(case, at) == [], "nobody goes to law while something agreed is open"
        assert not any(hold.active_at(at) for hold in case.holds)
        assert case.approval is not None
        assert case.approval.status is ApprovalStatus.GRANTED
        assert case.approval.decided_by not in (None, "amicable", case.approval.requested_by)
        assert at < case.approval.expires_at
    if life.case.close_reason is CloseReason.LEGAL_REFERRAL:
        assert life.escalated
