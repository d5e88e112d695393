"""No order of payments, reversals, promises, plans and holds reaches the law without every condition, or leaves a
trace outside when the case is cured."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.escalation import Escalation, LegalFacts, OutsideKind, OutsidePlan
from domain.events import CaseWithdrawn, HoldPlaced, LedgerChanged
from domain.step import Contact, Rest, TakeStep
from domain.vocabulary import ApprovalStatus, CloseReason, HoldKind
from tests.domain.cases import STANDARD, a_case, after_dpd
from tests.domain.law_simulation import CLEAR, ROLES, LawSimulation, Step
from tests.domain.test_simulation import US, later

DAYS = st.integers(75, 160)
KINDS = st.sampled_from([kind for kind in OutsideKind if kind is not OutsideKind.WRITE_OFF])
LAW = st.builds(
    LegalFacts,
    roles=st.just(ROLES),
    unproved=st.sampled_from([(), ("legal_escalation/notice-1",)]),
    amount_fault=st.sampled_from(["", "", "the ledger sums to something else"]),
    evidence_fault=st.sampled_from(["", "", "nobody attested the contract"]),
    law=st.sampled_from(["", "", "", "the claim is time-barred"]),
    unauthorised=st.just(()),
)
VOTERS = st.lists(
    st.sampled_from(
        [
            *[("o-1", "l-1", "c-1")] * 8,
            ("o-1", "o-1", "c-1"),
            ("amicable", "l-1", "c-1"),
            ("o-1", "no l-1", "c-1"),
            ("o-1", "", "c-1"),
        ]
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def escalations(draw: st.DrawFn) -> Escalation:
    """Some steps, and an end that fits them."""
    plans = tuple(
        OutsidePlan(step_id=f"s-{number}", kind=draw(KINDS), wait_days=draw(st.sampled_from([0, 0, 5, 20])))
        for number in range(draw(st.integers(0, 3)))
    )
    days = draw(st.sampled_from([0, 30, 90]))
    if draw(st.booleans()):
        return Escalation(
            steps=(*plans, OutsidePlan(step_id="last", kind=OutsideKind.WRITE_OFF)), ends_as=CloseReason.WRITTEN_OFF
        )
    return Escalation(steps=plans, closes_after_days=days)


@st.composite
def happenings(draw: st.DrawFn) -> list:
    """A few things that happen around the end of the ladder, each at its instant."""
    found = []
    withdraws = draw(st.integers(0, 9)) == 0
    if draw(st.booleans()):
        at = after_dpd(draw(st.integers(84, 130)))
        found.append((at, LedgerChanged(event_id="l", at=at, balance_minor=0, ledger_version=0)))
    for _ in range(draw(st.integers(0, 6))):
        days, minutes = draw(DAYS), draw(st.integers(0, 24 * 60 - 1))
        happening = draw(later(days, minutes))
        if withdraws or not isinstance(happening, CaseWithdrawn):
            found.append((after_dpd(days, 0) + timedelta(minutes=minutes), happening))
    return found


@st.composite
def laws(draw: st.DrawFn) -> list:
    """Conditions that come and go; in the end all are met."""
    days = sorted(draw(st.lists(DAYS, max_size=2)))
    return [*((after_dpd(day), draw(LAW)) for day in days), (after_dpd(230), CLEAR)]


def live(escalation: Escalation, events: list, law: list, tries: list[str], voters: list) -> LawSimulation:
    """Live for five hundred days."""
    start = after_dpd(50)
    strategy = replace(STANDARD, escalation=escalation, agreements=None)
    life = LawSimulation(
        case=a_case(opened_at=start, terms=strategy.terms_in("USD")),
        strategy=strategy,
        profile=US,
        happenings=[each for each in events if each[0] >= start],
        attempts=["made"],
        decisions=[],
        law=law,
        tries=tries,
        voters=voters,
        now=start,
        until=start + timedelta(days=500),
    )
    last = life.run()
    assert life.case.is_closed or isinstance(last.action, Contact | Rest | TakeStep)
    return life


TRIES = st.lists(st.sampled_from(["done", "done", "done", "later", "human"]), min_size=1, max_size=5).filter(
    lambda tries: "done" in tries
)


TWO_STEPS = Escalation(
    steps=(
        OutsidePlan(step_id="s-0", kind=OutsideKind.LETTER_BEFORE_ACTION),
        OutsidePlan(step_id="s-1", kind=OutsideKind.AGENCY_PLACEMENT, wait_days=20),
    )
)
EVERYBODY = [("o-1", "l-1", "c-1")]


ONE_LETTER = Escalation(
    steps=(OutsidePlan(step_id="s-0", kind=OutsideKind.LETTER_BEFORE_ACTION),), closes_after_days=30
)


def a_hold_from_yesterday() -> tuple[datetime, HoldPlaced]:
    """Heard of a minute after the letter, and dated from before leave for it was asked."""
    at = datetime(2027, 3, 26, 14, 1, tzinfo=UTC)
    began, ends = at - timedelta(days=1), at + timedelta(days=11)
    return at, HoldPlaced(
        event_id="h", at=at, hold_id="h-1", reason=HoldKind.HARDSHIP, owner="care", starts_at=began, ends_at=ends
    )


def paid_in_part(days: int) -> tuple[datetime, LedgerChanged]:
    """Some of the money, between the two steps."""
    at = after_dpd(days)
    return at, LedgerChanged(event_id="l", at=at, balance_minor=5_000, ledger_version=7)


@given(escalations(), happenings(), laws(), TRIES, VOTERS)
@example(TWO_STEPS, [paid_in_part(90)], [], ["done"], EVERYBODY)
@example(ONE_LETTER, [a_hold_from_yesterday()], [], ["done"], EVERYBODY)
@settings(max_examples=60, deadline=None)
def test_no_order_of_facts_reaches_the_law_without_every_condition(
    escalation: Escalation, events: list, law: list, tries: list[str], voters: list
) -> None:
    life = live(escalation, events, law, tries, voters)
    mandatory = {plan.key_of(touch) for plan in STANDARD.stages for touch in plan.touches if touch.mandatory}
    for step in life.made:
        if escalation.steps and not isinstance(step.action, TakeStep):
            continue  # the end of a list of steps that were each taken under every condition
        _every_condition_is_met(step, mandatory)


def _every_condition_is_met(step: Step, mandatory: set[str]) -> None:
    case, legal = step.case, step.legal
    assert (legal.unproved, legal.amount_fault, legal.evidence_fault, legal.law) == ((), "", "", "")
    assert mandatory <= set(case.done) - set(case.forgone)
    assert not any(hold.active_at(step.at) for hold in case.holds)
    assert not case.withdrawn
    assert case.balance_minor > 0
    approval = case.approval
    assert approval is not None
    assert approval.status is ApprovalStatus.GRANTED
    assert step.at < approval.expires_at
    assert {vote.role for vote in approval.votes} == set(ROLES)
    people = [vote.by for vote in approval.votes]
    assert len(set(people)) == len(ROLES)
    assert not {"amicable", approval.requested_by} & set(people)
    assert approval.ledger_version == case.ledger_version, "nothing was paid or charged since people agreed"
    assert _nothing_is_agreed(step)


def _nothing_is_agreed(step: Step) -> bool:
    """By money and dates alone."""
    case, asked_at = step.case, step.case.approval.requested_at  # type: ignore[union-attr]
    assert asked_at is not None
    if case.promise is not None and case.promise.made_at > asked_at:
        return False
    return case.plan is None or case.plan.accepted_at <= asked_at


@given(escalations(), happenings(), laws(), TRIES, VOTERS)
@settings(max_examples=60, deadline=None)
def test_a_cured_case_has_nothing_left_open_outside_and_each_step_is_done_and_undone_once(
    escalation: Escalation, events: list, law: list, tries: list[str], voters: list
) -> None:
    life = live(escalation, events, law, tries, voters)
    keys = [key for key, _ in life.taken]
    assert len(keys) == len(set(keys))
    assert len(life.undone) == len(set(life.undone))
    assert set(life.undone) <= set(keys)
    if life.ended_well():
        assert {key for key, _ in life.taken} == set(life.undone)
    if life.case.close_reason is CloseReason.WRITTEN_OFF:
        assert life.taken[-1][1] is OutsideKind.WRITE_OFF


def test_the_way_through_is_open_when_everything_is_met() -> None:
    """The properties above would hold of a machine that never moves."""
    steps = (
        OutsidePlan(step_id="letter", kind=OutsideKind.LETTER_BEFORE_ACTION),
        OutsidePlan(step_id="placed", kind=OutsideKind.AGENCY_PLACEMENT, wait_days=5),
    )
    life = live(Escalation(steps=steps), [], [], ["done"], [("o-1", "l-1", "c-1")])
    assert life.case.close_reason is CloseReason.LEGAL_REFERRAL
    assert [kind for _, kind in life.taken] == [step.kind for step in steps]
