"""A connection on which the sandbox can hang up, which no ordinary HTTP answer can imitate."""

from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

HANG_UP = "sandbox.hang_up"


class Line(H11Protocol):
    """uvicorn's HTTP protocol that lends each request a way to cut its own connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inner = self.app

        async def app_on_line(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[HANG_UP] = self.transport.abort
            await inner(scope, receive, send)

        self.app = app_on_line


async def hang_up(scope: Scope, receive: Receive, send: Send) -> None:
    """Cut the connection without an answer; under a server without `Line`, answer an empty 502 instead."""
    abort = scope.get("extensions", {}).get(HANG_UP)
    if abort is None:
        await send({"type": "http.response.start", "status": 502, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    abort()
    while (await receive())["type"] != "http.disconnect":
        continue
