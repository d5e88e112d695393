"""The sandbox spared its questions: it is a sandbox still, and whoever needs the answers gets them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Self

import pytest
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowFailureError
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    ExternalStorage,
    PayloadCodec,
    SerializationContext,
    StorageDriver,
    StorageDriverClaim,
    WithSerializationContext,
)
from temporalio.worker import Worker, WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from bench.servers import time_skipping_server
from config.encryption import converter_for
from config.keys import new_key, read_keys
from config.payloads import DATA_CONVERTER
from config.workflow_runner import runner_for
from tests.config.sandboxed import Doubles, ReadsTheClock, doubled

QUEUE = "sandboxed"


@dataclass(frozen=True)
class Overhearing(PayloadCodec, WithSerializationContext):
    """A codec that wants to know of what a payload is; it changes none."""

    heard: list[SerializationContext] = field(default_factory=list)
    context: SerializationContext | None = None

    def with_context(self, context: SerializationContext) -> Self:
        return replace(self, context=context)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        self.heard.extend([self.context] if self.context else [])
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        self.heard.extend([self.context] if self.context else [])
        return list(payloads)


async def played(workflow_type: type, *args: Any, converter: DataConverter = DATA_CONVERTER) -> Any:
    """The result of one run on a worker whose runner is the converter's."""
    async with (
        time_skipping_server(converter=converter) as env,
        Worker(
            env.client,
            task_queue=QUEUE,
            workflows=[workflow_type],
            activities=[doubled],
            workflow_runner=runner_for(converter),
            workflow_failure_exception_types=[Exception],
        ),
    ):
        return await env.client.execute_workflow(
            workflow_type.__name__,
            args=list(args),
            id=workflow_type.__name__,
            task_queue=QUEUE,
            execution_timeout=timedelta(days=9),
        )


def _refuse(*_: object) -> None:
    raise AssertionError("the sandbox was asked")


@pytest.mark.parametrize("keys", ["plain", f"2026-11:{new_key()}"], ids=["plain", "encrypted"])
async def test_payloads_go_both_ways_and_the_sandbox_is_not_asked_for_their_context(
    keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = "temporalio.worker.workflow_sandbox._runner._Instance"
    monkeypatch.setattr(f"{inside}.get_serialization_context", _refuse)
    monkeypatch.setattr(f"{inside}.get_external_store_context", _refuse)
    assert await played(Doubles, 3, converter=converter_for(read_keys(keys))) == 12


async def test_a_codec_that_wants_the_context_of_a_payload_is_told() -> None:
    codec = Overhearing()
    converter = replace(DATA_CONVERTER, payload_codec=codec)
    assert await played(Doubles, 3, converter=converter) == 12
    of_activities = [each for each in codec.heard if isinstance(each, ActivitySerializationContext)]
    assert {each.activity_type for each in of_activities} == {"doubled"}


class Nowhere(StorageDriver):
    """A store that is never called."""

    def name(self) -> str:
        return "nowhere"

    async def store(self, context: object, payloads: Sequence[Payload]) -> list[StorageDriverClaim]:
        raise AssertionError("nothing is stored here")

    async def retrieve(self, context: object, claims: Sequence[StorageDriverClaim]) -> list[Payload]:
        raise AssertionError("nothing is stored here")


def test_an_external_store_has_the_runner_of_the_sdk() -> None:
    stored = replace(DATA_CONVERTER, external_storage=ExternalStorage(drivers=[Nowhere()]))
    assert type(runner_for(stored)) is SandboxedWorkflowRunner
    assert type(runner_for(DATA_CONVERTER)) is not SandboxedWorkflowRunner


async def test_it_is_a_sandbox_still() -> None:
    with pytest.raises(WorkflowFailureError) as failed:
        await played(ReadsTheClock)
    assert "Cannot access time.time" in str(failed.value.cause)


def test_a_run_that_does_not_come_back_can_be_found_by_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[WorkflowInstance, WorkflowInstance]] = []
    runner = runner_for(DATA_CONVERTER)
    of_sdk, ours = SandboxedWorkflowRunner.create_instance, type(runner).create_instance
    inside: list[WorkflowInstance] = []

    def inner(self: SandboxedWorkflowRunner, details: WorkflowInstanceDetails) -> WorkflowInstance:
        inside.append(of_sdk(self, details))
        return inside[-1]

    def outer(self: WorkflowRunner, details: WorkflowInstanceDetails) -> WorkflowInstance:
        made.append((ours(self, details), inside[-1]))
        return made[-1][0]

    async def prepare() -> None:
        runner.prepare_workflow(workflow._Definition.must_from_class(Doubles))

    monkeypatch.setattr(SandboxedWorkflowRunner, "create_instance", inner)
    monkeypatch.setattr(type(runner), "create_instance", outer)
    asyncio.run(prepare())
    [(run, within)] = made
    monkeypatch.setattr(within, "_current_thread_id", 4711)
    assert run.get_thread_id() == 4711
    assert run.get_info() is within.get_info()


def test_what_a_plugin_lets_through_the_sandbox_keeps_its_kind() -> None:
    runner = runner_for(DATA_CONVERTER)
    assert isinstance(runner, SandboxedWorkflowRunner)
    wider = replace(runner, restrictions=runner.restrictions.with_passthrough_modules("opentelemetry"))
    assert type(wider) is type(runner)
