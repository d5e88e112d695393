"""Billable actions, events and bytes of a case by the way that it goes, read from histories of the test server."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from activities.telling import Teller
from bench.cases import CaseCost, cost_of, cost_of_escalated_case, our_worker, start_case
from bench.ground import OPENED_AT, TOUCHES, Ground, account_id, ground
from bench.prices import bill_for_a_million
from bench.servers import time_skipping_server
from casedb import schema
from casedb.engine import reading
from casedb.inbox import InboundFact, InboundKind, receive
from domain.vocabulary import Clock

PAID_AFTER = (0, 1, 3, 6, TOUCHES)
"""Messages before the payment."""
HALF_A_DAY = timedelta(hours=12)
_MOST = 400
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathCost:
    """What one way cost, and a million cases that go it at list prices."""

    path: str
    actions: int
    by_kind: dict[str, int]
    events: int
    bytes: int
    days_open: int
    million_usd: dict[str, float]


async def measure_paths(say: Say) -> list[PathCost]:
    """A payment after so many messages, and the whole way to a granted escalation; one case on a server of its own."""
    found = []
    async with ground(len(PAID_AFTER) + 2) as laid:
        for number, messages in enumerate(PAID_AFTER):
            say(f"a case that is paid after {messages} messages")
            cost, days = await _paid_after(laid, number, messages)
            found.append(_told(_path(messages), cost, days))
        say("a case that goes to law")
        cost = await cost_of_escalated_case(laid, len(PAID_AFTER) + 1)
        found.append(
            _told("ten messages, approval, hand-over for law", cost, await _days_open(laid, len(PAID_AFTER) + 1))
        )
    return found


def _path(messages: int) -> str:
    if messages == 0:
        return "paid before the first message"
    return f"paid after {messages} message{'s' if messages > 1 else ''}"


def _told(path: str, cost: CaseCost, days: int) -> PathCost:
    bill = bill_for_a_million(cost.total_actions, cost.bytes, days)
    return PathCost(
        path=path,
        actions=cost.total_actions,
        by_kind={kind: count for kind, count in cost.actions.items() if count},
        events=cost.events,
        bytes=cost.bytes,
        days_open=days,
        million_usd={
            "actions": round(bill.actions_usd),
            "storage": round(bill.active_usd + bill.retained_usd),
            "total": round(bill.total_usd),
        },
    )


async def _paid_after(laid: Ground, number: int, messages: int) -> tuple[CaseCost, int]:
    async with time_skipping_server() as env, our_worker(there := replace(laid, env=env, client=env.client)):
        await env.sleep(OPENED_AT - HALF_A_DAY - await env.get_current_time())
        handle = await start_case(there, number)
        await _until(env, lambda: _is_open(laid, number), timedelta(seconds=1))
        if messages:
            await _until(env, lambda: _sent(laid, number) >= messages, HALF_A_DAY)
        await _pay(laid, env, number)
        await handle.result()
        ended = await env.get_current_time()
        history = await handle.fetch_history()
    return cost_of(history.events), round((ended - OPENED_AT) / timedelta(days=1))


async def _until(env: WorkflowEnvironment, true: Callable[[], bool], step: timedelta) -> None:
    for _ in range(_MOST):
        if await asyncio.to_thread(true):
            return
        await env.sleep(step)
    raise AssertionError("the case did not come so far: the measurement is void")


async def _pay(laid: Ground, env: WorkflowEnvironment, number: int) -> None:
    engine, now = laid.dependencies.engine, await env.get_current_time()
    fact = InboundFact(
        event_id=f"bench-path-{number}",
        source="bench",
        kind=InboundKind.PAYMENT,
        at=now,
        account_id=account_id(number),
        amount_minor=12_345,
        currency="USD",
    )

    async def connect() -> Client:
        return env.client

    receipt = await asyncio.to_thread(receive, engine, fact, received_at=now)
    await Teller(engine, connect, laid.settings.task_queue, "wallet-standard", clock=Clock.VIRTUAL).bring(receipt)


def _is_open(laid: Ground, number: int) -> bool:
    case = schema.case
    query = select(func.count()).where(case.c.account_id == account_id(number))
    with reading(laid.dependencies.engine) as connection:
        return bool(connection.execute(query).scalar_one())


def _sent(laid: Ground, number: int) -> int:
    touch = schema.touch
    query = select(func.count()).where(touch.c.account_id == account_id(number), touch.c.status == "sent")
    with reading(laid.dependencies.engine) as connection:
        return int(connection.execute(query).scalar_one())


async def _days_open(laid: Ground, number: int) -> int:
    case = schema.case
    query = select(case.c.opened_at, case.c.closed_at).where(case.c.account_id == account_id(number))

    def read() -> tuple[datetime, datetime]:
        with reading(laid.dependencies.engine) as connection:
            row = connection.execute(query).one()
            return row.opened_at, row.closed_at

    opened_at, closed_at = await asyncio.to_thread(read)
    return round((closed_at - opened_at) / timedelta(days=1))
