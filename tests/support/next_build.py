"""Next builds of the collection workflow: each plans once more before it takes facts in, with care or without."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.collection import CollectionWorkflow
    from workflows.messages import CollectionRequest, CollectionResult

PLANS_FIRST = "plans-first"


@workflow.defn(name="CollectionWorkflow")
class NextCollectionWorkflow(CollectionWorkflow):
    """One command more, behind a patch, for cases that never came by."""

    @workflow.init
    def __init__(self, request: CollectionRequest) -> None:
        super().__init__(request)

    @workflow.run
    async def run(self, request: CollectionRequest) -> CollectionResult:
        """As ever."""
        return await super().run(request)

    async def _take_in(self) -> None:
        if workflow.patched(PLANS_FIRST):
            await self._plan("a fact came")
        await super()._take_in()


@workflow.defn(name="CollectionWorkflow")
class CarelessCollectionWorkflow(CollectionWorkflow):
    """The same command more, whose author forgot the patch."""

    @workflow.init
    def __init__(self, request: CollectionRequest) -> None:
        super().__init__(request)

    @workflow.run
    async def run(self, request: CollectionRequest) -> CollectionResult:
        """As ever."""
        return await super().run(request)

    async def _take_in(self) -> None:
        await self._plan("a fact came")
        await super()._take_in()
