"""What comes after the end of a case takes back what stands outside: once, in order, and never more than it must."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from activities.afterwards import Afterwards, Round
from domain.case import CaseState
from domain.errors import StepRefused
from domain.escalation import Escalation, OutsideKind, OutsidePlan
from domain.vocabulary import CloseReason
from tests.activities.test_escalating import BY_AGENCY, FORGIVEN, LETTER, hold, open_tasks, pay, step_words, until_taken
from tests.support.contacts import Play
from tests.support.law import HOUR, LawPlay, Recorded, law_play

DAY = timedelta(days=1)
BOOKED_OUT = Escalation(
    steps=(LETTER, OutsidePlan(step_id="booked-out", kind=OutsideKind.CHARGE_OFF)), ends_as=CloseReason.CHARGED_OFF
)
LETTER_THEN_FORGIVEN = replace(FORGIVEN, steps=(LETTER, *FORGIVEN.steps))


def afterwards(law: LawPlay) -> Afterwards:
    return Afterwards(engine=law.play.engine, steps=law.steps, planner=law.counsel.planner)


def ended(law: LawPlay, *step_ids: str) -> tuple[CaseState, datetime]:
    """The case after its last step and its end."""
    case, now = until_taken(law, *step_ids)
    now = max(now, law.plan(case, now).at)
    case = replace(case, approval=replace(case.approval, expires_at=now + 90 * DAY))  # type: ignore[type-var]
    case, _ = law.do(case, now)
    assert case.is_closed, law.plan(case, now)
    return case, now


def standing(law: LawPlay) -> dict[str, str]:
    return {row.step_id: row.status for row in law.play.rows("outside_step")}


def test_money_after_the_end_takes_everything_back_the_last_first_and_once(any_play: Play) -> None:
    law = law_play(any_play, BY_AGENCY)
    law.prepared()
    case, now = ended(law, "letter", "placed")
    assert case.close_reason is CloseReason.LEGAL_REFERRAL
    assert afterwards(law).round(now + DAY) == Round()
    pay(law, 12_345, now + DAY)
    start = threading.Barrier(3)

    def race(_: int) -> int:
        start.wait()
        return afterwards(law).round(now + DAY).taken_back

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(race, range(3))) == 2
    assert standing(law) == {"letter": "undone", "placed": "undone"}
    assert [word.rpartition("/")[2] for word in step_words(law)[-2:]] == ["placed", "letter"]
    assert {row.undone_at for row in any_play.rows("outside_step")} == {now + DAY}
    assert afterwards(law).round(now + 2 * DAY) == Round()


def test_a_part_of_the_money_leaves_it_standing_and_so_does_a_rehearsal_of_days_to_come(play: Play) -> None:
    law = law_play(play, BY_AGENCY)
    law.prepared()
    _, now = ended(law, "letter", "placed")
    pay(law, 100, now + HOUR)
    assert afterwards(law).round(now + DAY) == Round()
    pay(law, 12_245, now + HOUR, "pay-2")
    assert afterwards(law).round(now - 200 * DAY) == Round()
    assert afterwards(law).round(now + DAY).taken_back == 2


def test_a_dispute_after_the_end_takes_back_what_troubles_the_person_and_no_charge_off(play: Play) -> None:
    law = law_play(play, BOOKED_OUT)
    law.prepared()
    _, now = ended(law, "letter", "booked-out")
    hold(law, now + HOUR)
    assert afterwards(law).round(now + DAY).taken_back == 1
    assert standing(law) == {"letter": "undone", "booked-out": "taken"}
    assert "held for dispute (h1), after the end of the case" in next(
        row.undone_why for row in play.rows("outside_step") if row.step_id == "letter"
    )
    pay(law, 12_345, now + DAY)
    assert afterwards(law).round(now + DAY).taken_back == 1
    assert [row.settled_at for row in play.rows("charge_off")] == [now + DAY]


def test_what_was_forgiven_stays_so_but_a_letter_that_demanded_it_is_withdrawn(play: Play) -> None:
    law = law_play(play, LETTER_THEN_FORGIVEN)
    law.prepared()
    case, now = ended(law, "letter", "forgiven")
    assert case.close_reason is CloseReason.WRITTEN_OFF
    assert afterwards(law).round(now + HOUR).taken_back == 1
    assert standing(law) == {"letter": "undone", "forgiven": "taken"}
    assert afterwards(law).round(now + DAY) == Round()


def test_a_step_that_is_refused_is_a_persons_task_until_it_is_taken_back(play: Play) -> None:
    law = law_play(play, BY_AGENCY)
    law.prepared()
    _, now = ended(law, "letter", "placed")
    pay(law, 12_345, now + HOUR)
    placed = law.steps[OutsideKind.AGENCY_PLACEMENT]
    assert isinstance(placed, Recorded)
    placed.refuses = StepRefused("the agency is in the file no more")
    assert afterwards(law).round(now + DAY) == Round(refused=1)
    assert standing(law) == {"letter": "taken", "placed": "taken"}, "the last one first"
    assert open_tasks(law) == [("step_refused", "acc-1-1/approval-1/placed")]
    placed.refuses = None
    assert afterwards(law).round(now + DAY).taken_back == 2
    assert open_tasks(law) == []


def test_a_kind_that_is_switched_off_is_a_persons_task(play: Play) -> None:
    law = law_play(play, BY_AGENCY)
    law.prepared()
    _, now = ended(law, "letter", "placed")
    pay(law, 12_345, now + HOUR)
    del law.steps[OutsideKind.AGENCY_PLACEMENT]
    assert afterwards(law).round(now + DAY) == Round(refused=1)


async def test_it_looks_until_it_is_told_to_stop(play: Play) -> None:
    law = law_play(play, BY_AGENCY)
    law.prepared()
    _, now = ended(law, "letter", "placed")
    pay(law, 12_345, now + HOUR)
    stopping = asyncio.Event()

    def clock() -> datetime:
        if standing(law)["letter"] == "undone":
            stopping.set()
        return now + DAY

    looking = replace(afterwards(law), every=timedelta(0), now=clock)
    await asyncio.wait_for(looking.run(stopping), timeout=20)
    assert standing(law) == {"letter": "undone", "placed": "undone"}
