"""What a workflow asks of the server is what it was when cases went to sleep, unless somebody said so on purpose."""

import re
from collections.abc import Mapping

import pytest

from tests.architecture.fingerprints import HOW, ROOT, baseline, difference, fingerprints, main, sources
from tests.support.sweep_builds import Build
from workflows.registry import WORKFLOWS

COLLECTION = "workflows.collection"


def test_the_commands_of_every_workflow_are_those_of_the_baseline() -> None:
    told = difference(baseline(), fingerprints(sources()))
    assert not told, f"\n{told}\n{HOW}"


def test_every_workflow_that_a_worker_runs_has_a_fingerprint() -> None:
    assert set(fingerprints(sources())) == {workflow.__name__ for workflow in WORKFLOWS}


def changed(old: str, new: str, module: str = COLLECTION) -> Mapping[str, str]:
    """Today's sources with one thing another way."""
    text = sources()
    assert old in text[module], f"{old!r} is not in {module} any more: mend this test"
    return text | {module: text[module].replace(old, new, 1)}


MARK, RENEW = "                self._mark_stage()\n", "                self._renew()\n"
DUE = "if delay <= timedelta(0):\n            "
TAKE = "self._inbox:\n                await self._take_in()"
CALL = "await workflow.execute_%sactivity(\n            PLAN"


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ("await self._wait()", "await self._wait()\n                await workflow.sleep(1)", "+timer"),
        ("await self._wait()", "pass", "-wait with a timer"),
        ("        self._advance_to(step.at)\n", "        await self._plan('acting')\n", "+local activity plan"),
        (CALL % "local_", CALL % "", "+activity plan"),
        (MARK + RENEW, RENEW, "-search attributes"),
        (MARK + RENEW, RENEW + MARK, "+continue as new"),
        (f"if {TAKE}", f"if not {TAKE}", "+if not self._inbox:"),
        (" and workflow.patched(FACTS_AT_THE_END)", "", "-patch facts-at-the-end"),
        ('= "facts-at-the-end"', '= "facts"', "+patch facts"),
        ("    @workflow.signal\n", '    @workflow.signal(name="told")\n', "CollectionWorkflow, signal fact: is gone"),
        (f"{DUE}return", f"{DUE}pass", "-return"),
        ('@workflow.defn(name="Coll', '@workflow.defn(name="Rec', "CollectionWorkflow, run: is gone"),
    ],
)
def test_a_command_more_or_less_or_elsewhere_is_seen(old: str, new: str, seen: str) -> None:
    assert seen in lines_of(difference(fingerprints(sources()), fingerprints(changed(old, new))))


def test_the_page_shows_what_the_walk_through_of_a_change_prints() -> None:
    before = sources() | {"workflows.sweep": Build.BEFORE.source()}
    told = difference(fingerprints(before), fingerprints(sources()))
    page = (ROOT / "docs" / "changing-workflows.md").read_text()
    shown = page.partition("$ python -m tests.architecture.fingerprints\n")[2].partition("...\n")[0]
    assert "+      patch invariants-checked" in shown
    assert told.startswith(shown)


def lines_of(told: str) -> list[str]:
    """Lines of a difference without their indentation."""
    return [re.sub(r"^([+-]?)\s*", r"\1", line.strip()) for line in told.splitlines()]


def test_the_name_of_an_activity_counts_where_it_is_written_down() -> None:
    told = difference(
        fingerprints(sources()), fingerprints(changed('PLAN = "plan"', 'PLAN = "think"', "workflows.messages"))
    )
    assert "+local activity think" in lines_of(told)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        step = self._next\n", "        step = self._next  # what is due\n"),
        ("contact: Contact) -> None:\n", 'contact: Contact) -> None:\n        """Words."""\n'),
        (
            "for fact in facts:\n            self._case = apply(self._current, fact)",
            "for news in facts:\n            pass",
        ),
        ("start_to_close_timeout=ATTEMPT_TIMEOUT,", "start_to_close_timeout=ATTEMPT_TIMEOUT * 2,"),
        ("summary=because,", 'summary="planned",'),
    ],
)
def test_what_is_no_command_does_not_count(old: str, new: str) -> None:
    assert difference(fingerprints(sources()), fingerprints(changed(old, new))) == ""


def test_local_names_and_helpers_may_change() -> None:
    written = """
from temporalio import workflow
from workflows.names import TOUCH

@workflow.defn(name="W")
class Anything:
    @workflow.run
    async def run(self, request):
        for case in request.cases:
            if case.due:
                await workflow.execute_activity(TOUCH, case)
        await workflow.sleep(request.pause)
"""
    rewritten = '''
from temporalio import workflow
from workflows.names import TOUCH

@workflow.defn(name="W")
class Renamed:
    """Words."""

    @workflow.run
    async def run(self, asked):
        for each in asked.cases:
            # Only then.
            if each.due:
                await self._touch(each)
        await pause(asked)

    async def _touch(self, one):
        answer = await workflow.execute_activity(TOUCH, one, summary=one.key)
        workflow.logger.info("done")
        return answer

async def pause(asked):
    await workflow.sleep(asked.pause)
'''
    names = {"workflows.names": 'TOUCH = "touch"'}
    one, other = (fingerprints({"workflows.w": text} | names) for text in (written, rewritten))
    assert one == {"W": {"run": ["for each of _.cases:", "  if _.due:", "    activity touch", "timer"]}}
    assert other == one


def test_a_command_of_temporal_that_is_not_known_here_counts() -> None:
    text = (
        "from temporalio import workflow\n@workflow.defn\nclass W:\n    @workflow.run\n    async def run(self):\n"
        "        await workflow.brand_new()\n"
    )
    assert fingerprints({"workflows.w": text}) == {"W": {"run": ["workflow.brand_new"]}}


def test_the_command_says_that_nothing_changed_and_takes_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "every workflow has the commands of its baseline" in capsys.readouterr().out
    assert main(["--accpet"]) == 2
