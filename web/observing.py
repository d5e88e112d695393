"""What engineers see of a post: one span for each, by the door's pattern and the answer's status, and how many.

The span ends with the answer; what is told afterwards is later in the same trace. A sender's own trace is not gone on
from: who may post is not who may decide what we keep. Neither the address nor the sender's own is noted.
"""

import time
from datetime import timedelta
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telemetry import metrics
from telemetry.tracing import span

UNKNOWN = "an unknown door"
ASKED_EVERY_SECOND = frozenset({"/health", "/ready"})
"""By whoever watches the process; nobody wants to see that."""


class Observed:
    """The application inside, and its posts seen."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in ASKED_EVERY_SECOND:
            await self.app(scope, receive, send)
            return
        method, began = str(scope["method"]), time.monotonic()
        with span(f"{method} door", "server", http__request__method=method) as noting:

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    route = _pattern_of(scope)
                    noting.rename(f"{method} {route}")
                    noting.note(http__route=route, http__response__status_code=message["status"])
                    metrics.count(metrics.DOOR_ANSWERS, route=route, status=str(message["status"]))
                    metrics.lasted(metrics.DOOR_TIME, timedelta(seconds=time.monotonic() - began), route=route)
                await send(message)
                if message["type"] == "http.response.body" and not message.get("more_body", False):
                    noting.end()

            await self.app(scope, receive, sending)


def _pattern_of(scope: Scope) -> str:
    """`/receipts/twilio/{reference}`: never the path itself, which anybody may write anything into."""
    route: Any = scope.get("route")
    return str(getattr(route, "path", UNKNOWN))
