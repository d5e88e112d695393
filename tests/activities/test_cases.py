"""Opening, planning, approving and closing a case: each once, whatever is run twice or at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from temporalio.exceptions import ApplicationError

from casedb import schema
from casedb.engine import writing
from domain.case import CaseState, apply
from domain.events import ApprovalGranted
from domain.step import Close, Escalate, NextStep, RequestApproval, Rest
from domain.vocabulary import CloseReason, Stage
from tests.support.contacts import Play
from tests.support.stage import OPENED_AT
from workflows.messages import Opened, OpenRequest, PlanInput, StepRequest

DAY = timedelta(days=1)


def open_case(play: Play, account_id: str = "acc-1", **changes: object) -> Opened:
    request = OpenRequest(account_id=account_id, strategy="wallet-standard", campaign_id=None, now=OPENED_AT)
    return play.cases.open_case(replace(request, **changes))  # type: ignore[arg-type]


def opened_case(play: Play) -> CaseState:
    opened = open_case(play)
    assert opened.case is not None
    return opened.case


def plan(play: Play, case: CaseState, because: str = "asked") -> NextStep:
    return play.cases.plan(PlanInput(case=case, because=because, now=OPENED_AT))


def exhausted(play: Play) -> StepRequest:
    """A case whose every touch was made, at the instant a human is asked."""
    case = opened_case(play)
    strategy = play.cases.planner.strategy(case.strategy)
    done = tuple(f"{each.stage.value}/{touch.touch_id}" for each in strategy.stages for touch in each.touches)
    case = replace(case, done=done, stage=Stage.LEGAL_ESCALATION)
    step = plan(play, case)
    assert isinstance(step.action, RequestApproval)
    return StepRequest(case=case, step=step, now=step.at)


def approved(play: Play) -> StepRequest:
    """A case with leave to go to law."""
    asked = exhausted(play)
    outcome = play.cases.request_approval(asked)
    assert outcome.event is not None
    at = outcome.event.at + timedelta(hours=1)
    yes = ApprovalGranted(event_id="yes", at=at, approval_id=outcome.event.approval_id, by="ops-2")  # type: ignore[union-attr]
    case = apply(apply(asked.case, outcome.event), yes)
    step = play.cases.plan(PlanInput(case=case, because="approval_granted", now=at))
    return StepRequest(case=case, step=step, now=at)


def test_opening_twice_finds_the_same_case(any_play: Play) -> None:
    first, second = open_case(any_play), open_case(any_play, now=OPENED_AT + timedelta(hours=1))
    assert first.case is not None
    assert second.case == first.case
    assert len(any_play.rows("case")) == 1
    assert [row.because for row in any_play.rows("decision")] == ["opened", "found open"]


def test_threads_that_race_to_open_a_case_open_one(any_play: Play) -> None:
    start = threading.Barrier(8)

    def race(_: int) -> str:
        start.wait()
        return opened_case(any_play).case_id

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(race, range(8)))

    assert ids == {any_play.rows("case")[0].case_id}


def test_a_later_delinquency_is_another_case(play: Play) -> None:
    first = opened_case(play)
    play.change("account", balance_minor=0)
    play.cases.close_case(StepRequest(case=first, step=plan(play, first), now=OPENED_AT))
    assert open_case(play).case is None
    play.change("account", balance_minor=500)

    second = opened_case(play)

    assert (first.case_id, second.case_id) == ("acc-1-1", "acc-1-2")


@pytest.mark.parametrize("reason", ["legal_referral", "withdrawn"])
def test_an_account_that_went_elsewhere_is_not_collected_again_by_itself(play: Play, reason: str) -> None:
    opened_case(play)
    play.change("case", closed_at=OPENED_AT, close_reason=reason, stage="closed")

    again = open_case(play, now=OPENED_AT + DAY)

    assert again.case is None
    assert reason in again.why


def test_an_account_that_owes_nothing_overdue_gets_no_case(play: Play) -> None:
    for change in ({"balance_minor": 0}, {"balance_minor": -5}):
        play.change("account", **change)
        assert (open_case(play).case, open_case(play).why) == (None, "nothing is overdue")
    play.change("account", balance_minor=12_345)
    play.change("obligation", due_on=OPENED_AT.date())
    assert open_case(play).case is None
    assert play.rows("case") == []


@pytest.mark.parametrize(
    ("change", "kind"),
    [({"account_id": "acc-none"}, "NotKnown"), ({"strategy": "no-such"}, "ConfigurationError")],
)
def test_an_unknown_account_or_strategy_is_refused_for_good(play: Play, change: dict[str, str], kind: str) -> None:
    with pytest.raises(ApplicationError) as told:
        open_case(play, **change)
    assert (told.value.non_retryable, told.value.type) == (True, kind)


def test_a_currency_without_terms_is_refused_for_good(play: Play) -> None:
    play.change("account", currency="CHF")
    with pytest.raises(ApplicationError, match="CHF") as told:
        open_case(play)
    assert told.value.non_retryable


def test_a_case_found_open_keeps_the_strategy_it_was_opened_under(play: Play) -> None:
    opened_case(play)
    again = open_case(play, strategy="wallet-gentle")
    assert again.case is not None
    assert again.case.strategy == "wallet-standard"


def test_a_case_whose_workflow_was_lost_remembers_its_touches_and_its_stage(play: Play) -> None:
    request = play.request()
    play.contact(request)
    play.change("case", stage="follow_up")

    found = opened_case(play)

    assert found.done == (play.touch().touch_key,)
    assert (found.last_touch_at, found.stage) == (request.now, Stage.FOLLOW_UP)


def test_a_case_whose_workflow_was_lost_remembers_what_became_of_its_request(play: Play) -> None:
    request = approved(play)
    found = opened_case(play)
    assert found.approval == request.case.approval
    assert found.agreed == request.case.agreed


def test_every_plan_is_on_record_with_its_reason(any_play: Play) -> None:
    case = opened_case(any_play)
    step = plan(any_play, case, because="hold_placed")

    last, row = any_play.rows("decision")[-1], any_play.rows("case")[0]
    assert (last.number, last.because, last.why) == (2, "hold_placed", step.why)
    assert (row.decisions, row.next_at, row.next_why) == (2, step.at, step.why)


def test_a_human_task_is_raised_once_finished_and_raised_again_when_it_is_needed_again(any_play: Play) -> None:
    play = any_play
    case = opened_case(play)
    play.add(
        "hold", hold_id="h1", person_id="per-1", account_id="acc-1", kind="dispute", reason="", owner="disputes",
        starts_at=OPENED_AT - DAY,
    )  # fmt: skip

    def tasks() -> list[tuple[str, bool]]:
        return [(row.key, row.done_at is None) for row in play.rows("human_task")]

    plan(play, case)
    plan(play, case)
    assert tasks() == [("h1", True)]
    play.change("hold", released_at=OPENED_AT)
    plan(play, case)
    assert tasks() == [("h1", False)]
    play.change("hold", released_at=None)
    plan(play, case)
    assert tasks() == [("h1", True)]


def test_asking_for_approval_twice_is_one_request_and_the_same_fact(any_play: Play) -> None:
    request = exhausted(any_play)
    first = any_play.cases.request_approval(request)
    assert request.now is not None
    second = any_play.cases.request_approval(replace(request, now=request.now + timedelta(minutes=5)))

    assert first.event == second.event
    assert [row.status for row in any_play.rows("approval")] == ["requested"]
    assert [row.kind for row in any_play.rows("human_task")] == ["approval_decision"]


def test_a_request_for_approval_that_a_payment_overtook_is_not_made(play: Play) -> None:
    request = exhausted(play)
    play.change("account", balance_minor=0)
    outcome = play.cases.request_approval(request)
    assert (outcome.event, outcome.next.action) == (None, Close(reason=CloseReason.PAID))
    assert play.rows("approval") == []


def test_a_case_goes_to_law_only_with_a_persons_yes(any_play: Play) -> None:
    request = approved(any_play)
    assert isinstance(request.step.action, Escalate)

    outcome = any_play.cases.escalate(request)

    assert outcome.event is not None
    assert outcome.event.reason is CloseReason.LEGAL_REFERRAL  # type: ignore[union-attr]
    assert [(row.status, row.decided_by) for row in any_play.rows("approval")] == [("granted", "ops-2")]
    assert all(task.done_at for task in any_play.rows("human_task"))


def test_a_yes_that_expired_or_was_overtaken_lets_nothing_proceed(play: Play) -> None:
    request = approved(play)
    assert request.case.approval is not None
    late = play.cases.escalate(replace(request, now=request.case.approval.expires_at))
    assert (late.event, late.next.action.kind) == (None, "rest")
    undecided = replace(request.case, approval=None)
    assert play.cases.escalate(replace(request, case=undecided)).event is None
    play.change("account", balance_minor=0)
    paid = play.cases.escalate(request)
    assert (paid.event, paid.next.action) == (None, Close(reason=CloseReason.PAID))
    assert play.rows("case")[0].closed_at is None


def test_a_case_is_closed_only_while_the_reason_holds(any_play: Play) -> None:
    case = opened_case(any_play)
    any_play.change("account", balance_minor=0)
    request = StepRequest(case=case, step=plan(any_play, case), now=OPENED_AT)
    any_play.change("account", balance_minor=12_345)

    outcome = any_play.cases.close_case(request)

    assert (outcome.event, outcome.next.action.kind) == (None, "contact")
    assert any_play.rows("case")[0].closed_at is None


def test_an_end_that_is_on_record_stays_whatever_comes_before_it_is_heard(any_play: Play) -> None:
    """The answer was lost and the payment taken back; the database has closed the case, so the workflow must."""
    case = opened_case(any_play)
    any_play.change("account", balance_minor=0)
    request = StepRequest(case=case, step=plan(any_play, case), now=OPENED_AT)
    first = any_play.cases.close_case(request)
    any_play.change("account", balance_minor=12_345)

    second = any_play.cases.close_case(replace(request, now=OPENED_AT + timedelta(minutes=1)))

    assert second == replace(first, owed_again=True), "and what is owed again is another case"
    assert isinstance(first.next.action, Rest)
    assert [row.because for row in any_play.rows("decision")].count("case_closed") == 1


def test_closing_a_case_withdraws_its_open_request(play: Play) -> None:
    request = exhausted(play)
    asked = play.cases.request_approval(request)
    assert asked.event is not None
    play.change("account", balance_minor=0)
    play.cases.close_case(StepRequest(case=apply(request.case, asked.event), step=asked.next, now=request.now))

    assert [row.status for row in play.rows("approval")] == ["expired"]
    assert all(task.done_at for task in play.rows("human_task"))


def test_the_row_of_an_expired_request_says_so(play: Play) -> None:
    request = exhausted(play)
    asked = play.cases.request_approval(request)
    assert asked.event is not None
    case = apply(request.case, asked.event)
    play.cases.plan(PlanInput(case=case, because="rested", now=asked.next.at))

    assert [row.status for row in play.rows("approval")] == ["expired"]
    assert {row.kind: row.done_at is None for row in play.rows("human_task")} == {
        "approval_decision": False,
        "approval_expired": True,
    }


def test_a_second_open_case_of_an_account_is_refused_by_the_database(any_play: Play) -> None:
    from sqlalchemy.exc import IntegrityError

    opened_case(any_play)
    row = any_play.rows("case")[0]._asdict()
    with pytest.raises(IntegrityError):
        any_play.add("case", **(row | {"case_id": "another"}))
    with writing(any_play.engine) as connection:
        connection.execute(update(schema.case).values(closed_at=OPENED_AT, close_reason="paid"))
    any_play.add("case", **(row | {"case_id": "another"}))


@pytest.mark.parametrize(
    ("mark", "why"),
    [("restricted_at", "the person is restricted"), ("erased_at", "the person was erased")],
)
def test_no_case_is_opened_of_who_may_not_be_contacted_whoever_started_it(play: Play, mark: str, why: str) -> None:
    with writing(play.engine) as connection:
        connection.execute(update(schema.person).values({mark: OPENED_AT}))
    opened = open_case(play)
    assert (opened.case, opened.why) == (None, why)
