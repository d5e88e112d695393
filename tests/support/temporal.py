"""Real Temporal servers for tests: the time-skipping one (one workflow at a time) and the development server."""

import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

from config.payloads import DATA_CONVERTER
from workflows.search_attributes import SEARCH_ATTRIBUTE_KEYS

SCRIPTS = Path(sysconfig.get_path("scripts"))


@asynccontextmanager
async def time_skipping_server() -> AsyncIterator[WorkflowEnvironment]:
    """A server whose shared clock jumps to the next timer. One workflow per server: its clock is everybody's."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(SCRIPTS / "temporal-test-server"), data_converter=DATA_CONVERTER
    ) as env:
        await env.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=env.client.namespace,
                search_attributes={
                    key.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD for key in SEARCH_ATTRIBUTE_KEYS
                },
            )
        )
        yield env


@asynccontextmanager
async def virtual_clock_server() -> AsyncIterator[WorkflowEnvironment]:
    """A development server on which each workflow has a virtual clock of its own."""
    async with await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(SCRIPTS / "temporal"),
        dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"],
        search_attributes=list(SEARCH_ATTRIBUTE_KEYS),
        data_converter=DATA_CONVERTER,
    ) as env:
        yield env
