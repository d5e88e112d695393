"""The wallet's receipts for push messages: `/v1/receipts/push`, signed by Standard Webhooks with secrets of its own.

    delivered, opened        it arrived
    failed                   it did not, and goes by the next channel
    unknown_user, app_uninstalled, token_dead    neither did it, and this user is reached by push no more
    push_disabled            neither did it, and the user wants no more

`push_id` is what the wallet answered when it took the message; with our reference and the user a receipt that
overtakes that answer finds its message as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fastapi import APIRouter, BackgroundTasks, Depends, Response
from pydantic import ConfigDict, Field
from sqlalchemy import Engine

from activities.push import PROVIDER
from casedb.deliveries import DeliveryReport
from casedb.inbox import InboundFact, InboundKind
from domain.vocabulary import Channel, DeliveryStatus
from web.answers import documented
from web.ledger_models import AccountId, EventId, Instant, Posted, happened, own_id
from web.partners import Partners, guarded_by, signed
from web.telling import Tell, take_in

LONGEST_RECEIPT_BYTES = 16 * 1024


class PushStatus(StrEnum):
    """What became of a push message."""

    DELIVERED = "delivered"
    OPENED = "opened"
    FAILED = "failed"
    UNKNOWN_USER = "unknown_user"
    APP_UNINSTALLED = "app_uninstalled"
    TOKEN_DEAD = "token_dead"  # noqa: S105  # the name of a status
    PUSH_DISABLED = "push_disabled"


_ARRIVED = frozenset({PushStatus.DELIVERED, PushStatus.OPENED})
_DEAD = frozenset({PushStatus.UNKNOWN_USER, PushStatus.APP_UNINSTALLED, PushStatus.TOKEN_DEAD})


class PushReceipt(Posted):
    """One receipt of one message."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "event_id": "rcpt-0001",
                    "push_id": "push-7f3a",
                    "status": "delivered",
                    "occurred_at": "2026-11-21T08:30:00Z",
                }
            ]
        }
    )

    event_id: EventId
    push_id: EventId = Field(description="As you answered when you took the message.")
    status: PushStatus
    occurred_at: Instant
    reference: str = Field("", pattern=r"^[A-Z0-9-]{0,40}$", description="Ours, as we sent it.")
    user_id: AccountId | None = Field(None, description="Whom it went to; needed beside `reference`.")

    def fact(self, now: datetime) -> InboundFact:
        """The fact as the inbox takes it."""
        arrived = self.status in _ARRIVED
        return InboundFact(
            event_id=own_id(PROVIDER, self.event_id),
            source=PROVIDER,
            kind=InboundKind.DELIVERY,
            at=happened(self.occurred_at, now),
            channel=Channel.PUSH,
            address=self.user_id or "",
            report=DeliveryReport(
                provider=PROVIDER,
                provider_id=self.push_id,
                reference=self.reference,
                status=DeliveryStatus.DELIVERED if arrived else DeliveryStatus.FAILED,
                code="" if arrived else self.status.value,
                address_dead=self.status in _DEAD,
                opted_out=self.status is PushStatus.PUSH_DISABLED,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PushDoor:
    """The handler of the wallet's receipts; it runs in a thread, as it speaks to the database."""

    engine: Engine
    secrets: tuple[str, ...]
    tell: Tell
    """Brings a stored fact to the cases it is about, after the answer went out."""
    now: Callable[[], datetime]

    def router(self) -> APIRouter:
        """The one path."""
        router = APIRouter(
            prefix="/v1/receipts",
            tags=["Receipts"],
            route_class=guarded_by(Partners({PROVIDER: self.secrets}).guard, LONGEST_RECEIPT_BYTES),
            dependencies=[Depends(signed)],
            responses=documented(401, 413, 422, 503),
        )

        @router.post("/push", status_code=204, response_class=Response)
        def push(receipt: PushReceipt, later: BackgroundTasks) -> Response:
            """What became of one push message; one about a message that is none of ours is kept."""
            take_in(self.engine, receipt.fact(self.now()), self.tell, later)
            return Response(status_code=204)

        return router
