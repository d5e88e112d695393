"""From a partner's signed payment to the end of the case: posted over HTTP, told, closed by the real worker."""

import asyncio
import json
from pathlib import Path

import httpx
from sqlalchemy import select
from temporalio.client import Client

from casedb import schema
from casedb.engine import reading
from domain.vocabulary import CloseReason
from tests.support.stage import OPENED_AT, stage
from tests.web.doors import free_address, open_door
from tests.web.partners import FIRST, payment, signatures
from tests.workflows.conftest import playing


async def test_a_payment_posted_by_the_ledger_ends_the_case(tmp_path: Path) -> None:
    with stage(tmp_path, web_url=free_address(), ledger_partners=f"ledger={FIRST}") as ready:
        ready.add_account()
        async with playing(ready) as play:

            async def connected() -> Client:
                return play.env.client

            with open_door(ready, connected, now=lambda: OPENED_AT) as url:
                case = await play.start()
                await play.settled(1)
                body = json.dumps(
                    payment(account_id="acc-1", amount_minor=12_345, occurred_at=OPENED_AT.isoformat())
                ).encode()

                def post() -> int:
                    with httpx.Client(trust_env=False, timeout=20) as client:
                        headers = signatures(body, FIRST)
                        return client.post(f"{url}/v1/ledger-events", content=body, headers=headers).status_code

                assert await asyncio.to_thread(post) == 200
                result = await case.result()
                assert result.close_reason is CloseReason.PAID
                assert await asyncio.to_thread(post) == 200, "the same again gets the same answer"
                entry = schema.ledger_entry
                with reading(ready.engine) as connection:
                    booked = connection.execute(select(entry).where(entry.c.kind == "payment")).all()
                assert len(booked) == 1
