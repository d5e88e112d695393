"""The SDK's sandbox, spared the questions whose answers nobody reads and the files that it has read before.

Around each workflow task the SDK asks the run's sandbox for every payload of it, several times: in which context is it
encoded, where is it stored? Each answer compiles a line of Python and puts up all fences of the sandbox, on the one
loop of the worker. Only a codec that wants a context reads them, or an external store (docs/decisions/0031).
"""

from dataclasses import dataclass, field

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import DataConverter, StorageDriverStoreContext, WithSerializationContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.workflow import Info

from config.workflow_code import CodeMemory


def runner_for(converter: DataConverter) -> WorkflowRunner:
    """The sandbox for workers whose payloads are converted so: the SDK's own where its answers are read."""
    asked = isinstance(converter.payload_codec, WithSerializationContext) or converter.external_storage is not None
    return SandboxedWorkflowRunner() if asked else _Unasked()


@dataclass(frozen=True)
class _Unasked(SandboxedWorkflowRunner):
    code: CodeMemory = field(default_factory=CodeMemory)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """See the base class."""
        with self.code.used():
            return _WithoutContexts(super().create_instance(det))


class _WithoutContexts(WorkflowInstance):
    """A run in its sandbox; payloads of it have no context."""

    def __init__(self, inside: WorkflowInstance) -> None:
        self._inside = inside

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """See the base class."""
        return self._inside.activate(act)

    def get_serialization_context(self, command_info: object) -> None:
        """None: the converter without a context."""

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        """Of no store."""
        return StorageDriverStoreContext(target=None)

    def get_info(self) -> Info:
        """See the base class."""
        return self._inside.get_info()

    def get_thread_id(self) -> int | None:
        """See the base class; by it the SDK finds a run that does not come back."""
        return self._inside.get_thread_id()
