"""What the pure core costs against the round trip of a bare activity, in one run."""

import timeit
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from time import perf_counter

from temporalio.worker import Worker

from activities.cases import CaseActivities
from activities.planning import Planner
from bench.bare import RoundTripsWorkflow, bare_step
from bench.ground import OPENED_AT, Ground, account_id
from domain.case import CaseState, apply
from domain.compliance.facts import Act, CandidateZone, PastContact
from domain.compliance.gate import check
from domain.compliance.vocabulary import Medium, Role
from domain.events import ContactMade
from domain.ladder import CaseFacts, next_step
from domain.vocabulary import Channel, Stage
from worker import create_contact
from workflows.messages import OpenRequest, StepRequest

CONTACTS = 200
TRIP_QUEUE = "bench-trips"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreCost:
    """Microseconds of each part, and of one bare activity's round trip."""

    gate_us: float
    next_step_us: float
    apply_us: float
    contact_us: float
    """The whole contact: database, gate, words, and an in-process provider; without Temporal."""
    round_trip_us: float


async def measure_core(ground: Ground, contacts_from: int) -> CoreCost:
    """Time each part over many calls; the round trip on the quiet server. Contacts use accounts from that one on."""
    with ThreadPoolExecutor(4) as threads, ground.env.with_time_skipping_disabled():
        async with Worker(
            ground.env.client,
            task_queue=TRIP_QUEUE,
            workflows=[RoundTripsWorkflow],
            activities=[bare_step],
            activity_executor=threads,
        ):
            round_trip = await ground.env.client.execute_workflow(
                RoundTripsWorkflow.run, id="round-trips", task_queue=TRIP_QUEUE
            )
    rules = ground.dependencies.rules
    strategy, profile = rules.strategies["wallet-standard"], rules.profiles["US"]
    case = _case(ground)
    facts = CaseFacts(balance_minor=12_345, ledger_version=1, channels=(Channel.SMS, Channel.EMAIL))
    act = Act(
        jurisdiction="US",
        role=Role.CREDITOR,
        at=OPENED_AT,
        channel=Medium.SMS,
        zones=(CandidateZone(name="America/New_York"), CandidateZone(name="America/Los_Angeles")),
        debt_ids=("acc-1",),
        history=(
            PastContact(at=OPENED_AT - timedelta(days=3), channel=Medium.SMS, outcome="sent"),
            PastContact(at=OPENED_AT - timedelta(days=1), channel=Medium.EMAIL, outcome="sent"),
        ),
    )
    made = ContactMade(
        event_id="made", at=OPENED_AT, touch_key="reminder/reminder-1", stage=Stage.REMINDER, channel=Channel.SMS
    )
    return CoreCost(
        gate_us=_microseconds(lambda: check(act, profile, tzdata="bench")),
        next_step_us=_microseconds(lambda: next_step(case, facts, strategy, OPENED_AT)),
        apply_us=_microseconds(lambda: apply(case, made)),
        contact_us=_contact_us(ground, contacts_from),
        round_trip_us=round_trip,
    )


def _contact_us(ground: Ground, first: int) -> float:
    """The median of first touches of so many fresh cases, one after the other in one thread."""
    parts = ground.dependencies
    planner = Planner(parts.rules.strategies, frozenset(parts.adapters))
    cases, governed = CaseActivities(parts.engine, planner), create_contact(ground.settings, parts, planner)
    took: list[float] = []
    for number in range(first, first + CONTACTS):
        opening = OpenRequest(
            account_id=account_id(number), strategy="wallet-standard", campaign_id=None, now=OPENED_AT
        )
        opened = cases.open_case(opening)
        if opened.case is None or opened.step is None:
            raise AssertionError(f"account {number} has nothing overdue: the measurement is void")
        request = StepRequest(case=opened.case, step=opened.step, now=opened.step.at)
        began = perf_counter()
        outcome = governed.contact(request)
        took.append(perf_counter() - began)
        if outcome.event is None or outcome.event.kind != "contact_made":
            raise AssertionError(f"account {number} was not contacted: the measurement is void")
    return median(took) * 1e6


def _microseconds(call: Callable[[], object]) -> float:
    """The best of several batches: what the code costs, not what else the machine was doing."""
    calls = 400
    return min(timeit.repeat(call, number=calls, repeat=9)) / calls * 1e6


def _case(ground: Ground) -> CaseState:
    strategy = ground.dependencies.rules.strategies["wallet-standard"]
    return CaseState(
        case_id="acc-1-1",
        account_id="acc-1",
        person_id="per-1",
        campaign_id=None,
        strategy=strategy.name,
        strategy_version=strategy.version,
        jurisdiction="US",
        currency="USD",
        zone="America/New_York",
        due_on=(OPENED_AT - timedelta(days=20)).date(),
        opened_at=OPENED_AT - timedelta(days=18),
        terms=strategy.terms_in("USD"),
        balance_minor=12_345,
        ledger_version=1,
    )
