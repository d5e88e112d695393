"""What runs, as Temporal knows it: its lists, which lag behind, and `describe`, which does not."""

import asyncio
import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from workflows.messages import collection_workflow_id

DESCRIBED_AT_ONCE = 10
_ASKABLE = re.compile(r"[A-Za-z0-9_.:-]+")
"""Ids that stand in a query as they are; others are described one by one."""
_PREFIX = collection_workflow_id("")


@dataclass(frozen=True, slots=True)
class Running:
    """Collection workflows of one task queue."""

    client: Client
    task_queue: str

    async def page(self, token: str, limit: int, started_before: datetime) -> tuple[list[str], str]:
        """Accounts whose workflow is listed as running since before then; and the token of the next page, if any."""
        listed = self.client.list_workflows(
            f"{self._query} AND StartTime < '{started_before:%Y-%m-%dT%H:%M:%S.%fZ}'",
            page_size=limit,
            next_page_token=base64.b64decode(token) if token else None,
        )
        await listed.fetch_next_page()
        accounts = [each.id.removeprefix(_PREFIX) for each in listed.current_page or () if each.id.startswith(_PREFIX)]
        return accounts, base64.b64encode(listed.next_page_token or b"").decode()

    async def not_running(self, account_ids: Sequence[str]) -> list[str]:
        """Those of the accounts on which surely nothing runs; asked in one question, and each suspect by itself."""
        listed = await self.listed(account_ids)
        suspects = [account_id for account_id in account_ids if account_id not in listed]
        found = await self.described(suspects)
        return [account_id for account_id in suspects if not is_running(found[account_id])]

    async def described(self, account_ids: Sequence[str]) -> dict[str, WorkflowExecutionDescription | None]:
        """The latest run of each account's workflow; None when there never was one, or it was forgotten."""
        at_once = asyncio.Semaphore(DESCRIBED_AT_ONCE)

        async def describe(account_id: str) -> WorkflowExecutionDescription | None:
            async with at_once:
                return await self._describe(account_id)

        return dict(zip(account_ids, await asyncio.gather(*map(describe, account_ids)), strict=True))

    async def _describe(self, account_id: str) -> WorkflowExecutionDescription | None:
        try:
            return await self.client.get_workflow_handle(collection_workflow_id(account_id)).describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None

    async def listed(self, account_ids: Sequence[str], also: str = "") -> set[str]:
        """Those of the accounts whose workflow is listed as running, and of which `also` is true."""
        asked = [collection_workflow_id(each) for each in account_ids if _ASKABLE.fullmatch(each)]
        if not asked:
            return set()
        ids = ", ".join(f"'{workflow_id}'" for workflow_id in asked)
        listed = self.client.list_workflows(f"{self._query} AND WorkflowId IN ({ids}){also}", page_size=len(asked))
        return {each.id.removeprefix(_PREFIX) async for each in listed}

    @property
    def _query(self) -> str:
        return (
            f"WorkflowType = 'CollectionWorkflow' AND ExecutionStatus = 'Running' AND TaskQueue = '{self.task_queue}'"
        )


def is_running(described: WorkflowExecutionDescription | None) -> bool:
    """Whether there is a run that has not ended."""
    return described is not None and described.status is WorkflowExecutionStatus.RUNNING
