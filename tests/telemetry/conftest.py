"""One case played for real with everything switched on that engineers may see of it; every test here looks at it.

A text does not arrive, its provider's receipt comes in by our door, and the same touch goes by mail; then the ledger
posts a payment while Temporal cannot be reached, the relay tells the case of it, and it ends.
"""

import asyncio
import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from activities.pulse import Pulse
from activities.queue_lag import QueueLags
from activities.relay import Relay
from activities.telling import Teller
from bench.servers import real_clock_server
from config.connection import plugins
from config.encryption import converter_for
from config.keys import Keyring
from domain.errors import ConfigurationError
from domain.vocabulary import Channel
from telemetry import metrics, tracing
from telemetry.logs import JsonLines
from tests.activities.channels import settle
from tests.support.stage import OPENED_AT, Stage, stage
from tests.telemetry.sleeping import sleep_after_a_signal
from tests.telemetry.stumbling import stumble_once
from tests.web.doors import OPEN, free_address, open_door
from tests.web.partners import FIRST, payment, signatures
from tests.workflows.conftest import playing
from workflows.collection import CollectionWorkflow

PHONE, MAIL = "+12125550123", "ada@mail.example.com"
UNREACHABLE = "30003"
PRICES = "USD sms=0.0079 email=0.0006"


@dataclass
class Seen:
    """What was to be seen of the run."""

    spans: Sequence[ReadableSpan] = ()
    lines: list[dict[str, Any]] = field(default_factory=list)
    history: WorkflowHistory = field(default_factory=lambda: WorkflowHistory("", []))
    """Of the case, as the server keeps it."""
    exported: str = ""
    """What the endpoint of numbers said at the end."""
    replayed: Sequence[str] = ("nobody replayed it",)
    """The spans that a replay of the whole history handed out."""

    def value(self, name: str, **labels: str) -> float:
        """What one line of the endpoint says; it must be there, once."""
        written = [f'{label}="{value}"' for label, value in labels.items()]
        found = [
            line
            for line in self.exported.splitlines()
            if re.split(r"[{ ]", line, maxsplit=1)[0] == name and all(each in line for each in written)
        ]
        (line,) = found
        return float(line.rpartition(" ")[2])

    def trace_of(self, name: str) -> list[ReadableSpan]:
        """Every span of the trace in which ours of that name is, in the order of their beginning."""
        wanted = self.trace_id_of(name)
        return sorted((each for each in self.spans if _trace_id(each) == wanted), key=lambda each: each.start_time or 0)

    def trace_id_of(self, name: str) -> str:
        """The trace in which ours of that name is; the pretended world outside makes spans of its own."""
        (wanted,) = {_trace_id(each) for each in self.spans if each.name == name and _scope(each) == "amicable"}
        return wanted


def _trace_id(span: ReadableSpan) -> str:
    assert span.context is not None
    return format(span.context.trace_id, "032x")


def _scope(span: ReadableSpan) -> str:
    return span.instrumentation_scope.name if span.instrumentation_scope else ""


class _Keep(logging.Handler):
    """Keeps each record as the line that would be written."""

    def __init__(self, lines: list[dict[str, Any]]) -> None:
        super().__init__(logging.DEBUG)
        self.lines = lines
        self.setFormatter(JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """The run, played once for a whole process of tests."""
    exporter, told = InMemorySpanExporter(), Seen()
    keep, root = _Keep(told.lines), logging.getLogger()
    level, address = root.level, urlsplit(free_address()).netloc
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    try:
        tracing.start(exporter, service="tests")
        metrics.start(address)
        asyncio.run(_play(tmp_path_factory.mktemp("seen"), told, exporter, address))
    finally:
        root.removeHandler(keep)
        root.setLevel(level)
        tracing.stop()
        # OpenTelemetry has one provider for the life of a process; the other tests of it do without.
        off = [
            patch.object(tracing._process, "provider", None),
            patch.object(metrics._process, "runtime", None),
            patch.object(metrics._process, "made", {}),
        ]
        for each in off:
            each.start()
    told.spans = exporter.get_finished_spans()
    yield told
    for each in off:
        each.stop()


KEYS = Keyring("new", {"new": bytes(range(32)), "old": bytes(range(1, 33))})


async def _play(directory: Path, told: Seen, exporter: InMemorySpanExporter, address: str) -> None:
    converter = converter_for(KEYS)
    with stage(
        directory, web_url=free_address(), ledger_partners=f"ledger={FIRST}", message_prices=PRICES, **OPEN
    ) as ready:
        ready.add_account()
        async with playing(ready, plugins=plugins(), runtime=metrics.runtime(), converter=converter) as play:
            away = False

            async def connected() -> Client:
                if away:
                    raise ConfigurationError("no Temporal server in this part of the test")
                return play.env.client

            network = ready.sandbox.network
            network.assign("B-1", [PHONE, MAIL])
            network.set_clock("B-1", OPENED_AT)
            network.set_condition(PHONE, UNREACHABLE)
            with open_door(ready, connected, now=lambda: OPENED_AT):
                with tracing.span("the test starts a case", apart=True):
                    case = await play.start()
                async with asyncio.timeout(30):
                    while len(network.messages()) < 2:
                        await asyncio.sleep(0.02)
                    await asyncio.to_thread(settle, ready.sandbox)
            away = True
            with open_door(ready, connected, now=lambda: OPENED_AT) as url:
                await asyncio.to_thread(_pay, url, OPENED_AT)
            away = False
            await _relay(ready, connected)
            await case.result()
            history = told.history = await case.fetch_history()
            await stumble_once(play.env.client)
            await sleep_after_a_signal(play.env.client)
            with tracing.span("a campaign"), tracing.span("one of very many", apart=True):
                pass
            metrics.put(metrics.INFO, 1, mode=ready.settings.mode, build="")
            await _beat(ready)
            told.exported = await asyncio.to_thread(_read, address)
    before = len(exporter.get_finished_spans())
    for brought in (plugins(), []):
        replayer = Replayer(workflows=[CollectionWorkflow], data_converter=converter, plugins=brought)
        await replayer.replay_workflow(history)
    told.replayed = [each.name for each in exporter.get_finished_spans()[before:]]


async def _beat(ready: Stage) -> None:
    """Once, with the queues of a server that can tell what waits; the one that skips time cannot."""
    async with real_clock_server() as env:
        queues = QueueLags(client=env.client, task_queue=ready.settings.task_queue, rates={Channel.SMS: 20.0})
        await Pulse(engine=ready.engine, every=timedelta(seconds=1), queues=queues).beat()


def _read(address: str) -> str:
    with httpx.Client(trust_env=False, timeout=20) as client:
        return client.get(f"http://{address}/metrics").text


def _pay(url: str, at: datetime) -> None:
    body = json.dumps(payment(account_id="acc-1", amount_minor=12_345, occurred_at=at.isoformat())).encode()
    with httpx.Client(trust_env=False, timeout=20) as client:
        assert client.get(f"{url}/health").is_success
        answer = client.post(f"{url}/v1/ledger-events", content=body, headers=signatures(body, FIRST))
    assert answer.status_code == 200


async def _relay(ready: Stage, connected: Any) -> None:
    """What the worker does beside its work, once the door's time to tell is over."""
    settings = ready.settings.model_copy(update={"relay_after_seconds": 0.01})
    relay = Relay.of(settings, Teller.of(settings, ready.engine, connected))
    async with asyncio.timeout(20):
        while not (await relay.round()).told:
            await asyncio.sleep(0.05)
