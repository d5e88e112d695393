"""The two servers that measure and test: the test server, whose one clock skips, and the development server, on which
each workflow has a virtual clock of its own. Both come from wheels; nothing is fetched."""

import sysconfig
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Plugin
from temporalio.converter import DataConverter
from temporalio.runtime import Runtime
from temporalio.testing import WorkflowEnvironment

from config.development_server import PROMPT
from config.payloads import DATA_CONVERTER
from workflows.search_attributes import SEARCH_ATTRIBUTE_KEYS

SCRIPTS = Path(sysconfig.get_path("scripts"))
_SKIPS = ("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true")


@asynccontextmanager
async def time_skipping_server(
    plugins: Sequence[Plugin] = (), runtime: Runtime | None = None, converter: DataConverter = DATA_CONVERTER
) -> AsyncIterator[WorkflowEnvironment]:
    """A server whose clock jumps to the next timer and leaves no mark in history. One workflow per server."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(SCRIPTS / "temporal-test-server"),
        data_converter=converter,
        plugins=plugins,
        runtime=runtime,
    ) as env:
        keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
        await env.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=env.client.namespace,
                search_attributes={key.name: keyword for key in SEARCH_ATTRIBUTE_KEYS},
            )
        )
        yield env


@asynccontextmanager
async def virtual_clock_server(
    database: Path | None = None, extra_args: Sequence[str] = ()
) -> AsyncIterator[WorkflowEnvironment]:
    """A development server with virtual clocks, in memory or on a database file."""
    async with await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(SCRIPTS / "temporal"),
        dev_server_database_filename=str(database) if database else None,
        dev_server_extra_args=[*_SKIPS, *PROMPT, *extra_args],
        search_attributes=list(SEARCH_ATTRIBUTE_KEYS),
        data_converter=DATA_CONVERTER,
    ) as env:
        yield env


@asynccontextmanager
async def real_clock_server(extra_args: Sequence[str] = ()) -> AsyncIterator[WorkflowEnvironment]:
    """A development server in memory on which time is the wall's; its lists and schedules are those of a cluster."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(SCRIPTS / "temporal"),
        dev_server_extra_args=[*PROMPT, *extra_args],
        search_attributes=list(SEARCH_ATTRIBUTE_KEYS),
        data_converter=DATA_CONVERTER,
    ) as env:
        yield env
