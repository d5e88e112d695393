"""The closed loop counts what ended while it measured, keeps as many in flight, and does not hide a wrong end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from bench import steady
from bench.steady import cases_a_second

TAKES = 0.02


class Case:
    """Ends after a while; how many are on their way is counted."""

    on_their_way = most = 0

    def __init__(self) -> None:
        Case.on_their_way += 1
        Case.most = max(Case.most, Case.on_their_way)

    async def result(self) -> str:
        await asyncio.sleep(TAKES)
        Case.on_their_way -= 1
        return "paid"


async def start() -> WorkflowHandle[Any, Any]:
    return cast("WorkflowHandle[Any, Any]", Case())


@asynccontextmanager
async def nobody() -> AsyncIterator[None]:
    yield


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "IN_FLIGHT", 4)
    monkeypatch.setattr(steady, "WARM_SECONDS", 0.1)
    monkeypatch.setattr(steady, "MEASURED_SECONDS", 0.4)
    Case.on_their_way = Case.most = 0


async def test_as_many_end_in_a_second_as_are_in_flight_in_the_time_of_one() -> None:
    rate = await cases_a_second(cast("Worker", nobody()), start)
    assert 0.3 * 4 / TAKES < rate < 1.2 * 4 / TAKES
    assert Case.most == 4
    assert Case.on_their_way == 0, "what was begun came to its end"


async def test_a_case_that_ends_wrongly_makes_the_figure_void() -> None:
    def check(result: str) -> None:
        raise AssertionError(result)

    with pytest.raises(ExceptionGroup) as found:
        await cases_a_second(cast("Worker", nobody()), start, check)
    assert found.group_contains(AssertionError, match="paid")
