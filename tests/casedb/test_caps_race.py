"""Races for the last slots of a person's cap, over many accounts, through the real contact: exactly the cap is sent.

Threads share one engine; processes have one each, as several workers do. The provider stands in the process and
takes every message; what is counted is what it took and what the case database says.
"""

import multiprocessing
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from casedb.audit import verify_chains
from casedb.engine import reading
from domain.vocabulary import Channel
from tests.sandbox.serving import RunningSandbox, running_sandbox
from tests.support.contacts import Play, play_on
from tests.support.racing import Mailbox, race_in_a_process
from tests.support.stage import stage_beside
from workflows.messages import StepRequest

pytestmark = pytest.mark.timeout(60)

CAP = 3
"""Of the house, in seven days."""
RACERS = 24
PROCESSES = 4


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    """An address that settings accept; nobody is reached there."""
    with running_sandbox() as running:
        yield running


@pytest.fixture
def crowd(any_database: str, sandbox: RunningSandbox) -> Iterator[tuple[Play, list[StepRequest]]]:
    """One person with many overdue accounts, and the first touch of each case, all due at one instant."""
    with stage_beside(sandbox, any_database) as stage:
        play = play_on(stage)
        accounts = [stage.add_account(f"acc-{number}") for number in range(RACERS)]
        yield play, [play.request(account) for account in accounts]


def check(play: Play, kinds: list[str], sent: int) -> None:
    """Exactly the cap went out; everybody else was put off by it, on record, in whole chains."""
    assert sorted(kinds) == ["contact_deferred"] * (RACERS - CAP) + ["contact_made"] * CAP
    assert sent == CAP
    assert [row.status for row in play.rows("touch")] == ["sent"] * CAP
    assert sorted(row.decision for row in play.rows("verdict")) == ["allow"] * CAP + ["defer"] * (
        len(play.rows("verdict")) - CAP
    )
    with reading(play.engine) as connection:
        audit = verify_chains(connection)
    assert (audit.chains, audit.broken) == (RACERS, ())


def test_threads_of_one_worker_send_exactly_the_cap(crowd: tuple[Play, list[StepRequest]]) -> None:
    play, requests = crowd
    mailbox, start = Mailbox(), threading.Barrier(RACERS)
    play = play.through(Channel.SMS, mailbox).through(Channel.EMAIL, mailbox)

    def race(request: StepRequest) -> str:
        start.wait()
        outcome = play.contact(request)
        return outcome.event.kind if outcome.event else ""

    with ThreadPoolExecutor(RACERS) as pool:
        kinds = list(pool.map(race, requests))
    check(play, kinds, len(mailbox.taken))


def test_processes_of_many_workers_send_exactly_the_cap(crowd: tuple[Play, list[StepRequest]]) -> None:
    play, requests = crowd
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(["tests.support.racing"])
    start, told = forked.Barrier(PROCESSES), forked.Queue()
    racers = [
        forked.Process(
            target=race_in_a_process, args=(play.stage.settings, requests[number::PROCESSES], start, told), daemon=True
        )
        for number in range(PROCESSES)
    ]
    for racer in racers:
        racer.start()
    answers = [told.get(timeout=45) for _ in racers]
    for racer in racers:
        racer.join(timeout=10)
        assert racer.exitcode == 0
    check(play, [kind for kinds, _ in answers for kind in kinds], sum(sent for _, sent in answers))
