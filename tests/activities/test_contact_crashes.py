"""The governed contact when its process is killed, between any two lines that matter, on both databases."""

import multiprocessing
from multiprocessing.context import ForkServerContext

import pytest

from tests.support.contacts import AT_ONCE, CRASHES, Play, contact_in_this_process
from workflows.messages import StepRequest

pytestmark = pytest.mark.timeout(60)
KILLED = -9


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Where child processes come from: each is new, only the imports are shared."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.contacts"])
    return context


def contact_in_a_process(processes: ForkServerContext, play: Play, request: StepRequest, point: str) -> int | None:
    url = play.stage.settings.database_url.get_secret_value()
    child = processes.Process(target=contact_in_this_process, args=(url, play.stage.sandbox.url, request, point))
    child.start()
    child.join(timeout=40)
    return child.exitcode


@pytest.mark.parametrize("point", CRASHES)
def test_a_process_killed_anywhere_leaves_one_message_and_one_sent_touch(
    processes: ForkServerContext, any_play: Play, point: str
) -> None:
    play = any_play
    request = play.request()
    assert contact_in_a_process(processes, play, request, point) == KILLED

    outcome = play.contact(request, in_flight=AT_ONCE)

    assert len(play.received()) == 1
    assert outcome.event is not None
    assert outcome.event.kind == "contact_made"
    assert (play.touch().status, play.counted()) == ("sent", 1)
    assert play.touch().provider_id


def test_an_attempt_that_may_still_be_sending_is_not_sent_again_by_another(
    processes: ForkServerContext, any_play: Play
) -> None:
    play = any_play
    request = play.request()
    contact_in_a_process(processes, play, request, "after the claim, before sending")

    with pytest.raises(Exception, match="does not know the message yet") as told:
        play.contact(request)

    assert play.received() == ()
    assert play.touch().status == "claimed"
    assert 50 < told.value.next_retry_delay.total_seconds() <= 60


def test_processes_that_race_for_the_last_slot_of_a_person_never_send_one_too_many(
    processes: ForkServerContext, any_play: Play
) -> None:
    play = any_play
    requests = [play.request()]
    for number in range(2, 6):
        play.stage.add_account(f"acc-{number}")
        requests.append(play.request(f"acc-{number}"))
    url, sandbox = play.stage.settings.database_url.get_secret_value(), play.stage.sandbox.url
    children = [processes.Process(target=contact_in_this_process, args=(url, sandbox, each)) for each in requests]
    for child in children:
        child.start()
    for child in children:
        child.join(timeout=50)

    assert [child.exitcode for child in children] == [0] * 5
    assert len(play.received()) == play.counted() == 3
    assert sorted(row.decision for row in play.rows("verdict")) == ["allow"] * 3 + ["defer"] * 4
