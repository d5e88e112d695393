"""A rehearsal of some people over the whole horizon ends well, ends the same way twice, and cleans up after itself."""

import csv
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from rehearsal.processes import Household
from rehearsal.servers import Places
from rehearsal.world import INVARIANTS, World
from tests.rehearsal.conftest import Ending, Rehearse

EVERY_STAGE = {"reminder", "follow_up", "installment_offer", "legal_escalation"}
SOME = "P-1001 P-1002 P-1005 P-1007 P-1011 P-1012 P-1014 P-2012 P-2016 P-3005 P-3009".split()
"""A payment, two accounts with a promise, a plan, an agency that is told of a payment, two disputes, a no to texts, a
write-off, a refusal, a landline, and a letter before action that is withdrawn; lines fail."""
ONE = ("P-3004",)
BEYOND = ("steps_without_leave", "steps_when_paid_or_held", "left_outside_when_paid", "others_believe_wrong")


async def _record(url: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=url) as http:
        return await World(http).messages()


@pytest.mark.timeout(180)
@pytest.mark.xdist_group("demo")
def test_two_rehearsals_of_one_seed_reach_every_stage_break_nothing_and_are_equal(
    rehearse: Rehearse, small_book: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    records: list[list[tuple[Any, ...]]] = []

    async def findings_and_record(self: World) -> dict[str, list[dict[str, Any]]]:
        told = await self.messages()
        records.append([(m["at"], m["to"], m["subject"], m["body"]) for m in told])
        return await findings(self)

    findings = World.findings
    monkeypatch.setattr(World, "findings", findings_and_record)
    book = small_book(*SOME)

    endings = [rehearse(book, name=name) for name in ("first", "second")]

    for ending in endings:
        assert ending.code == 0, ending.err
        assert ending.summary["invariants"] == dict.fromkeys([*INVARIANTS, "messages_sent_equal_received", *BEYOND], 0)
        assert set(ending.summary["reached"]) == EVERY_STAGE
        assert sum(ending.summary["stages"].values()) == ending.summary["accounts"] == 12
        assert ending.summary["stages"]["closed"] == sum(ending.summary["closed"].values())
        assert ending.summary["approvals"] == {"granted": 3, "refused": 1}
        assert ending.summary["outside"] == {
            "agency_placement undone": 1,
            "letter_before_action undone": 1,
            "write_off taken": 1,
        }
        assert ending.summary["messages_sent"] == ending.summary["messages_received"] > 20
        assert ending.summary["answers"] >= 2, "somebody disputed and somebody asked for a plan, in words"
        assert ending.left_behind == []
        assert _known_of(book, ending) == []
    assert sorted(records[0]) == sorted(records[1])
    counted = "stages closed recovered_minor channels again answers reached stopped tasks outside".split()
    assert [endings[0].summary[name] for name in counted] == [endings[1].summary[name] for name in counted]


def _known_of(book: Path, ending: Ending) -> list[str]:
    """What the worker's log and Temporal's database know of the people of a book: nothing of it should stand there."""
    assert ending.places is not None
    worker = ending.places.log("worker").read_bytes()
    assert b"sms handed to twilio: accepted" in worker
    temporal = b"".join(path.read_bytes() for path in ending.places.directory.glob("temporal.db*"))
    assert b"collection/LW-" in temporal
    with book.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    known = {row[name] for row in rows for name in ("full_name", "phone", "email", "postal_address") if row[name]}
    assert len(known) > len(rows)
    return sorted(each for each in known if each.encode() in worker or each.encode() in temporal)


@pytest.mark.timeout(120)
@pytest.mark.xdist_group("demo")
def test_a_message_at_three_in_the_morning_breaks_an_invariant_and_the_exit_code(
    rehearse: Rehearse, small_book: Callable[..., Path]
) -> None:
    async def at_night(places: Places, household: Household) -> None:
        async with httpx.AsyncClient(base_url=places.sandbox) as http:
            told = (await http.get("/credentials")).json()
            sid, token = told["twilio_account_sid"], told["twilio_auth_token"]
            await World(http).set_clock("P-3004", datetime.fromisoformat("2026-01-15T03:00:00+00:00"))
            sent = await http.post(
                f"/2010-04-01/Accounts/{sid}/Messages.json",
                auth=(sid, token),
                data={"To": "+447700900134", "From": "+15005550006", "Body": "Pay now!"},
            )
            assert sent.is_success, sent.text

    ending = rehearse(small_book(*ONE), meanwhile=at_night)

    assert ending.code == 1
    assert ending.summary["invariants"]["contacts_out_of_hours"] == 1
    assert ending.summary["invariants"]["messages_sent_equal_received"] == 1
    assert "BROKEN 1" in ending.err
    assert ending.left_behind == []


@pytest.mark.timeout(120)
@pytest.mark.xdist_group("demo")
@pytest.mark.parametrize("victim", ["worker", "sandbox"])
def test_when_one_process_dies_all_stop_and_one_line_names_it(
    rehearse: Rehearse, small_book: Callable[..., Path], victim: str
) -> None:
    async def kill(places: Places, household: Household) -> None:
        child = next(child for child in household.children if child.command.name == victim)
        os.kill(child.pid, signal.SIGKILL)
        await child.process.wait()

    ending = rehearse(small_book(*ONE), meanwhile=kill)

    assert ending.code == 2
    assert f"The rehearsal stopped: the {victim} was killed by signal 9" in ending.err
    assert ending.summary == {}
    assert len(ending.pids) == 3
    assert ending.left_behind == []


@pytest.mark.timeout(120)
@pytest.mark.xdist_group("demo")
def test_when_somebody_takes_the_port_of_the_web_door_meanwhile_one_line_says_so(
    small_book: Callable[..., Path], rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        chosen = Places.choose
        monkeypatch.setattr(Places, "choose", lambda directory: replace(chosen(directory), web_port=port))
        ending = rehearse(small_book(*ONE))

    assert ending.code == 2
    assert f"The rehearsal stopped: the web door cannot listen at http://127.0.0.1:{port}" in ending.err
    assert ending.left_behind == []


@pytest.mark.timeout(120)
@pytest.mark.xdist_group("demo")
def test_ctrl_c_pressed_twice_ends_a_demo_that_stays_up_and_leaves_nothing(
    small_book: Callable[..., Path], tmp_path: Path
) -> None:
    program = (
        "import sys; from pathlib import Path; from rehearsal import servers; from rehearsal.demo import run_demo; "
        "servers.PREFERRED_TEMPORAL_PORT = servers.PREFERRED_UI_PORT = servers.PREFERRED_SANDBOX_PORT = 0; "
        "servers.PREFERRED_WEB_PORT = 0; "
        "sys.exit(run_demo(once=False, directory=Path(sys.argv[1]), book=Path(sys.argv[2]), days=1))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "demo"), str(small_book(*ONE))],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as demo:
        assert demo.stdout is not None
        told = list(takewhile(lambda line: "Ctrl-C stops it" not in line, demo.stdout))
        assert demo.poll() is None, "".join(told)
        children = [child.pid for child in psutil.Process(demo.pid).children()]
        demo.send_signal(signal.SIGINT)
        demo.send_signal(signal.SIGINT)
        code = demo.wait(30)

    assert code == 0
    assert len(children) == 3
    assert not [pid for pid in children if psutil.pid_exists(pid)]
