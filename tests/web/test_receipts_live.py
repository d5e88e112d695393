"""From a provider's signed receipt to the next channel: a running case is told over HTTP and goes on the same day."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.client import Client

from casedb import schema
from casedb.engine import reading
from domain.calendar import zone
from tests.activities.channels import settle
from tests.support.stage import OPENED_AT, stage
from tests.web.doors import OPEN, free_address, open_door
from tests.workflows.conftest import Play, playing
from workflows.collection import CollectionWorkflow

PHONE, MAIL = "+12125550123", "ada@mail.example.com"
THIRD_REMINDER = datetime(2027, 1, 11, 17, 30, tzinfo=zone("America/New_York"))
"""The first touch that is tried by mail before a text."""


@dataclass
class Told:
    """A case in play whose providers report to our door; `at` is what their clocks show."""

    play: Play
    at: datetime = field(default=OPENED_AT)

    @property
    def network(self) -> Any:
        """The world outside."""
        return self.play.stage.sandbox.network

    def show(self, at: datetime) -> None:
        """Put the world's clock."""
        self.at = at
        self.network.assign("B-1", [PHONE, MAIL])
        self.network.set_clock("B-1", at)

    def sent_by(self) -> list[str]:
        """The channels of what was sent, in order."""
        return [message.channel for message in self.network.messages()]

    def rows(self, table: str) -> list[Any]:
        """Every row of a table, in the order of its first column."""
        found = getattr(schema, table)
        with reading(self.play.stage.engine) as connection:
            return list(connection.execute(select(found).order_by(next(iter(found.c)))))

    def dead(self) -> list[str]:
        """Addresses that will not be used again."""
        return [row.address for row in self.rows("contact_point") if row.undeliverable_since is not None]

    def untold(self) -> list[str]:
        """Facts of which the case has not heard."""
        return [row.event_id for row in self.rows("inbox_event") if row.signalled_at is None]

    async def meanwhile(self, happened: Callable[[], bool]) -> None:
        """Wait, without letting the case's time pass, until something happened and every receipt is in."""
        async with asyncio.timeout(30):
            while not await asyncio.to_thread(happened):
                await asyncio.sleep(0.05)
            await asyncio.to_thread(settle, self.play.stage.sandbox)


@asynccontextmanager
async def reported(directory: Path) -> AsyncIterator[Told]:
    """A worker, a door that tells its cases, and a world that reports to the door."""
    with stage(directory, web_url=free_address(), **OPEN) as ready:
        ready.add_account()
        async with playing(ready) as play:
            told = Told(play=play)

            async def connected() -> Client:
                return play.env.client

            with open_door(ready, connected, now=lambda: told.at):
                told.show(OPENED_AT)
                yield told


@pytest.mark.parametrize(("condition", "dead"), [("30003", []), ("30006", [PHONE])])
async def test_a_text_that_did_not_arrive_goes_by_mail_the_same_day_as_the_same_touch(
    tmp_path: Path, condition: str, dead: list[str]
) -> None:
    async with reported(tmp_path) as told:
        told.network.set_condition(PHONE, condition)
        case = await told.play.start()
        await told.meanwhile(lambda: told.sent_by() == ["sms", "email"])
        (touch,) = told.rows("touch")
        assert (touch.touch_key, touch.channel, touch.status) == ("reminder/reminder-1", "email", "sent")
        assert (touch.delivery, told.dead(), told.untold()) == ("delivered", dead, [])
        assert touch.at.date() == OPENED_AT.date()
        view = await case.query(CollectionWorkflow.view)
        assert view.case is not None
        assert (view.case.done, view.case.undelivered) == (("reminder/reminder-1",), "")
        assert await told.play.now() - OPENED_AT < timedelta(hours=1)


async def test_a_mail_that_bounced_goes_by_text_the_same_day_and_the_mailbox_is_left_alone_from_then_on(
    tmp_path: Path,
) -> None:
    async with reported(tmp_path) as told:
        told.network.set_condition(MAIL, "bounce")
        await told.play.start()
        await told.play.env.sleep(THIRD_REMINDER - timedelta(minutes=5) - await told.play.env.get_current_time())
        told.show(THIRD_REMINDER)
        await told.play.env.sleep(timedelta(minutes=5))
        await told.meanwhile(lambda: told.sent_by() == ["sms", "sms", "email", "sms"])
        *earlier, touch = sorted(told.rows("touch"), key=lambda row: row.at)
        assert (touch.touch_key, touch.channel, touch.status) == ("reminder/reminder-3", "sms", "sent")
        assert (touch.delivery, told.dead(), told.untold()) == ("delivered", [MAIL], [])
        assert len(earlier) == 2
        await told.play.until(lambda: len(told.sent_by()) == 5)
        assert told.sent_by()[-1] == "sms", "the next touch would rather have been a mail"
