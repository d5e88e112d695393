"""Telling cases of a fact that the case database has already taken in, and saying so."""

import asyncio
from datetime import datetime
from functools import partial

from activities.telling import Teller
from casedb.inbox import Receipt, was_signalled
from console.session import Session, answered, temporal
from domain.errors import ConfigurationError


def tell_cases(opened: Session, receipt: Receipt, now: datetime) -> tuple[str, ...]:
    """Tell every case that must hear of the fact; answers the accounts whose case heard. Told before, nobody.

    Raises ConfigurationError when no server answers: the fact is recorded, and the same command again tells it.
    """
    if receipt.event() is None or was_signalled(opened.engine, receipt.event_id):
        return ()
    teller = Teller.of(opened.settings, opened.engine, partial(temporal, opened.settings), lambda: now)
    try:
        return asyncio.run(_told(teller, receipt))
    except ConfigurationError as error:
        untold = "the case was not told" if len(receipt.account_ids) == 1 else "not every case was told"
        raise ConfigurationError(
            f"{receipt.kind} {receipt.event_id} is recorded, but {untold}; "
            f"run the same command again when the server is back: {error}"
        ) from None


async def _told(teller: Teller, receipt: Receipt) -> tuple[str, ...]:
    return await answered(teller.bring(receipt), f"{receipt.kind} {receipt.event_id}")


def heard(told: tuple[str, ...]) -> str:
    """Who was told, in words."""
    if not told:
        return "no running case had to be told"
    return f"the running cases of {', '.join(told)} were told" if len(told) > 1 else f"the case of {told[0]} was told"
