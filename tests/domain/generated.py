"""Hypothesis strategies: random facts, cases and ladders."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from domain.authority import ReliefKind
from domain.case import CaseState, apply
from domain.events import (
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRenewed,
    ApprovalRequested,
    CaseClosed,
    CaseWithdrawn,
    ContactAllowed,
    ContactDeferred,
    ContactFailed,
    ContactForgone,
    ContactMade,
    ContactReported,
    ContactStopped,
    DisputeOpened,
    Event,
    HoldPlaced,
    HoldReleased,
    Instalment,
    LedgerChanged,
    PlanAccepted,
    PromiseMade,
    ReliefGranted,
    StrategyMoved,
)
from domain.strategy import LADDER_STAGES, CurrencyTerms, PlannedTouch, StagePlan, Strategy, WhenLost
from domain.vocabulary import Channel, CloseReason, DeliveryStatus, HoldKind, Stage
from tests.domain.cases import DUE_ON, GENTLE, OPENED_AT, STANDARD, a_case

INSTANTS = st.integers(-30 * 24 * 60, 200 * 24 * 60).map(lambda minutes: OPENED_AT + timedelta(minutes=minutes))
LADDER = [
    (stage, f"{stage.value}/{name}") for stage in LADDER_STAGES for name in (f"{stage.value}-1", f"{stage.value}-2")
]
FEW_INSTANTS = st.sampled_from([OPENED_AT + timedelta(days=days) for days in (0, 9, 40)])
"""For facts that must meet: a contact and the report about it."""
TOUCHES = st.sampled_from(LADDER)
PEOPLE = st.sampled_from(["amicable", "Ops-1", "ops-1", "ops-2"])
APPROVALS = st.sampled_from(["acc-1-1/approval-1", "acc-1-1/approval-2"])
IDS = st.sampled_from(["x", "y", "acc-1-1/approval-1", "acc-1-1/approval-2"])
HOLDS = st.sampled_from(["h-1", "h-2", "h-3"])
DATES = st.integers(-5, 200).map(lambda days: DUE_ON + timedelta(days=days))


def _touched(kind: type[ContactMade] | type[ContactForgone], extra: st.SearchStrategy[dict[str, object]]):  # type: ignore[no-untyped-def]
    return st.builds(
        lambda at, touch, more: kind(event_id="t", at=at, touch_key=touch[1], stage=touch[0], **more),
        FEW_INSTANTS | INSTANTS,
        TOUCHES,
        extra,
    )


ABOUT_MONEY = st.builds(
    LedgerChanged,
    event_id=st.just("l"),
    at=INSTANTS,
    balance_minor=st.integers(-500, 20_000),
    ledger_version=st.integers(1, 9),
)
ABOUT_HOLDS = st.one_of(
    st.builds(DisputeOpened, event_id=st.just("d"), at=INSTANTS, hold_id=HOLDS, owner=st.just("care")),
    st.builds(
        HoldPlaced,
        event_id=st.just("h"),
        at=INSTANTS,
        hold_id=HOLDS,
        reason=st.sampled_from(HoldKind),
        owner=st.just("care"),
        starts_at=INSTANTS,
        ends_at=st.none() | INSTANTS,
        pauses_dpd=st.booleans(),
    ),
    st.builds(HoldReleased, event_id=st.just("r"), at=INSTANTS, hold_id=HOLDS),
)
ABOUT_AGREEMENTS = st.one_of(
    st.builds(
        PromiseMade,
        event_id=st.just("p"),
        at=INSTANTS,
        promise_id=IDS,
        amount_minor=st.integers(1, 9_999),
        due_on=DATES,
    ),
    st.builds(
        lambda at, plan_id, first, amounts: PlanAccepted(
            event_id="pl",
            at=at,
            plan_id=plan_id,
            instalments=tuple(
                Instalment(due_on=first + timedelta(days=30 * number), amount_minor=amount)
                for number, amount in enumerate(amounts)
            ),
        ),
        INSTANTS,
        IDS,
        DATES,
        st.lists(st.integers(1, 5_000), min_size=2, max_size=6),
    ),
)
ABOUT_RELIEF = st.builds(
    lambda at, relief_id, relief, amount, until, balance, version: ReliefGranted(
        event_id="rg",
        at=at,
        relief_id=relief_id,
        relief=relief,
        amount_minor=amount,
        until=until,
        ends_at=at + timedelta(days=20) if relief is ReliefKind.DEFERRAL else None,
        balance_minor=balance,
        ledger_version=version,
    ),
    INSTANTS,
    IDS,
    st.sampled_from(ReliefKind),
    st.integers(1, 9_999),
    DATES,
    st.integers(1, 20_000),
    st.integers(1, 9),
)
ABOUT_TOUCHES = st.one_of(
    _touched(ContactMade, st.fixed_dictionaries({"channel": st.sampled_from(Channel)})),
    _touched(ContactForgone, st.just({"why": "no channel"})),
    st.builds(
        lambda at, touch, wait: ContactDeferred(event_id="df", at=at, touch_key=touch[1], until=at + wait, rule="CAP"),
        INSTANTS,
        TOUCHES,
        st.timedeltas(timedelta(minutes=1), timedelta(days=9)),
    ),
    st.builds(
        lambda at, touch, attempt: ContactFailed(event_id="f", at=at, touch_key=touch[1], attempt=attempt),
        INSTANTS,
        TOUCHES,
        st.integers(1, 6),
    ),
    st.builds(
        ContactReported,
        event_id=st.just("rp"),
        at=INSTANTS,
        touch_key=TOUCHES.map(lambda each: each[1]),
        delivery=st.sampled_from(DeliveryStatus),
        made_at=FEW_INSTANTS,
    ),
    st.builds(ContactStopped, event_id=st.just("s"), at=INSTANTS, channel=st.sampled_from(Channel)),
    st.builds(ContactAllowed, event_id=st.just("al"), at=INSTANTS, channel=st.sampled_from(Channel)),
)
ABOUT_APPROVALS = st.one_of(
    st.builds(
        lambda at, approval_id, wait: ApprovalRequested(
            event_id="ar", at=at, approval_id=approval_id, requested_by="amicable", expires_at=at + wait
        ),
        INSTANTS,
        APPROVALS,
        st.timedeltas(timedelta(days=1), timedelta(days=20)),
    ),
    st.builds(ApprovalGranted, event_id=st.just("ag"), at=INSTANTS, approval_id=APPROVALS, by=PEOPLE),
    st.builds(ApprovalRefused, event_id=st.just("af"), at=INSTANTS, approval_id=APPROVALS, by=PEOPLE),
    st.builds(ApprovalRenewed, event_id=st.just("an"), at=INSTANTS, approval_id=APPROVALS, by=PEOPLE),
)
ABOUT_THE_END = st.one_of(
    st.builds(CaseWithdrawn, event_id=st.just("w"), at=INSTANTS, by=PEOPLE),
    st.builds(CaseClosed, event_id=st.just("c"), at=INSTANTS, reason=st.sampled_from(CloseReason)),
)
ABOUT_MOVES = st.builds(
    lambda at, strategy: StrategyMoved(
        event_id="sm",
        at=at,
        strategy=strategy.name,
        strategy_version=strategy.version,
        terms=strategy.terms_in("USD"),
        by="ops-1",
    ),
    INSTANTS,
    st.sampled_from([STANDARD, GENTLE]),
)
WHILE_OPEN: st.SearchStrategy[Event] = st.one_of(
    ABOUT_MONEY, ABOUT_HOLDS, ABOUT_AGREEMENTS, ABOUT_RELIEF, ABOUT_TOUCHES, ABOUT_APPROVALS, ABOUT_MOVES
)
EVENTS: st.SearchStrategy[Event] = st.one_of(WHILE_OPEN, WHILE_OPEN, ABOUT_THE_END)


def _grown(facts: list[Event], stage: Stage) -> CaseState:
    case = a_case(stage=stage)
    for fact in facts:
        case = apply(case, fact)
    return case


CASES: st.SearchStrategy[CaseState] = st.builds(_grown, st.lists(EVENTS, max_size=12), st.sampled_from(LADDER_STAGES))
OPEN_CASES: st.SearchStrategy[CaseState] = st.builds(
    _grown, st.lists(WHILE_OPEN, max_size=14), st.sampled_from(LADDER_STAGES)
)


@st.composite
def ladders(draw: st.DrawFn) -> Strategy:
    """A strategy whose touches are named as the random facts name them."""
    offsets = sorted(draw(st.lists(st.integers(0, 80), min_size=8, max_size=8)))
    plans = []
    for number, stage in enumerate(LADDER_STAGES):
        touches = tuple(
            PlannedTouch(
                touch_id=f"{stage.value}-{index + 1}",
                offset_days=offsets[2 * number + index],
                at=time(draw(st.integers(8, 18)), draw(st.sampled_from([0, 30]))),
                channels=draw(st.sampled_from([(Channel.SMS,), (Channel.EMAIL,), (Channel.SMS, Channel.EMAIL)])),
                template="t",
                mandatory=draw(st.booleans()),
            )
            for index in range(draw(st.integers(1, 2)))
        )
        plans.append(
            StagePlan(
                stage=stage,
                touches=touches,
                gap_days=draw(st.integers(0, 7)),
                wait_days=draw(st.integers(0, 14)),
                when_lost=WhenLost.HUMAN,
            )
        )
    return Strategy(
        name="random",
        version="0",
        grace_days=draw(st.integers(0, 5)),
        latest=time(19, 30),
        stages=tuple(plans),
        currencies={"USD": CurrencyTerms(immaterial_below_minor=100, instalment_floor_minor=1_000)},
        promise_within_days=14,
        promise_floor_percent=20,
        promise_grace_days=draw(st.integers(0, 3)),
        instalments_max=6,
        instalment_every_days=30,
        plan_grace_days=3,
        approval_expires_days=draw(st.integers(1, 14)),
        review_every_days=draw(st.integers(1, 9)),
        retry_hours=draw(st.sampled_from([(), (1,), (1, 4, 24)])),
    )


def instant_between(first: date, last: date) -> st.SearchStrategy[datetime]:
    """Any instant of these days, in UTC."""
    return st.datetimes(datetime.combine(first, time(0)), datetime.combine(last, time(0)), timezones=st.just(UTC))
