"""Faults on the line between a customer and a provider: what the wire does, the provider's code never knows.

A fault is taken from the script (`POST /faults`, first match first) or from the request header `X-Sandbox-Fault`
(`kind` or `kind=seconds`).
"""

import asyncio
import math
import threading
import time
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import unquote_plus

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.line import hang_up

Api = Literal["twilio", "sendgrid", "wallet"]
Operation = Literal["send", "find"]
Kind = Literal["server_error", "rate_limited", "slow", "answer_lost", "drop_before_accept"]


class Fault(BaseModel):
    """One scripted fault.

    `server_error`, `rate_limited` and `drop_before_accept` record nothing; `slow` and `answer_lost` accept the
    message first. `match` is a substring of the request (an address); `times` is how many requests it spoils.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    api: Api
    kind: Kind
    times: int = Field(default=1, ge=1)
    delay_seconds: float = Field(default=0, ge=0)
    match: str | None = None
    operation: Operation = "send"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCall:
    """A request that belongs to a provider's API rather than to the sandbox's own controls."""

    api: Api
    operation: Operation


class FaultScript:
    """The faults still to come; each request takes at most one. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Append a fault; earlier ones are taken first."""
        with self._lock:
            self._pending.append(fault)

    def clear(self) -> None:
        """Call off every fault."""
        with self._lock:
            self._pending.clear()

    def pending(self) -> tuple[Fault, ...]:
        """What is still to come, `times` counted down."""
        with self._lock:
            return tuple(self._pending)

    def take(self, call: ProviderCall, request_text: str) -> Fault | None:
        """The first fault that fits this request, used up by one."""
        with self._lock:
            for index, fault in enumerate(self._pending):
                fits = (fault.api, fault.operation) == (call.api, call.operation)
                if fits and (fault.match is None or fault.match in request_text):
                    rest = fault.model_copy(update={"times": fault.times - 1})
                    self._pending[index : index + 1] = [rest] if rest.times else []
                    return fault
        return None


class FaultyLine:
    """ASGI layer around the providers that lets a fault happen to a request."""

    def __init__(self, app: ASGIApp, script: FaultScript) -> None:
        self._app = app
        self._script = script

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request through, or spoil it."""
        call = provider_call(scope)
        if call is None:
            await self._app(scope, receive, send)
            return
        body = await _read_body(receive)
        text = unquote_plus(scope["query_string"].decode("latin-1") + "\n" + body.decode("utf-8", "replace"))
        fault = _fault_in_header(scope, call) or self._script.take(call, text)
        await self._answer(fault, scope, _replay(body, receive), send)

    async def _answer(self, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind in ("server_error", "rate_limited"):
            await _error_answer(fault)(scope, receive, send)
        elif fault.kind == "drop_before_accept":
            await hang_up(scope, receive, send)
        else:
            held: list[Message] = []
            await self._app(scope, receive, _hold_into(held))
            await asyncio.sleep(fault.delay_seconds)
            if fault.kind == "answer_lost":
                await hang_up(scope, receive, send)
            else:
                for part in held:
                    await send(part)


def provider_call(scope: Scope) -> ProviderCall | None:
    """Which provider's API a request belongs to, or None for the sandbox's own pages."""
    if scope["type"] != "http":
        return None
    operation: Operation = "send" if scope["method"] == "POST" else "find"
    if scope["path"].startswith("/2010-04-01/"):
        return ProviderCall(api="twilio", operation=operation)
    if scope["path"].startswith("/v3/"):
        return ProviderCall(api="sendgrid", operation=operation)
    if scope["path"].startswith("/v1/pushes"):
        return ProviderCall(api="wallet", operation="find" if scope["path"].endswith("/lookup") else "send")
    return None


def _fault_in_header(scope: Scope, call: ProviderCall) -> Fault | None:
    for name, value in scope["headers"]:
        if name == b"x-sandbox-fault":
            kind, _, seconds = value.decode("latin-1").partition("=")
            if kind in get_args(Kind):
                return Fault(api=call.api, kind=kind, delay_seconds=float(seconds or 0), operation=call.operation)
    return None


def _error_answer(fault: Fault) -> JSONResponse:
    status = 500 if fault.kind == "server_error" else 429
    wait_seconds = max(1, math.ceil(fault.delay_seconds))
    headers = {} if status == 500 else {"Retry-After": str(wait_seconds)}
    if fault.api == "sendgrid":
        if status == 429:
            headers |= {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + wait_seconds)}
        message = "internal server error" if status == 500 else "too many requests"
        body: dict[str, Any] = {"errors": [{"message": message, "field": None, "help": None}]}
        return JSONResponse(body, status_code=status, headers=headers)
    if fault.api == "wallet":
        return JSONResponse({"code": "try_later", "message": ""}, status_code=status, headers=headers)
    code, message = (20500, "Internal Server Error") if status == 500 else (20429, "Too Many Requests")
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more_info, "status": status}
    return JSONResponse(body, status_code=status, headers=headers)


async def _read_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        part = await receive()
        body += part.get("body", b"")
        if part["type"] == "http.disconnect" or not part.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return parts.pop() if parts else await receive()

    return replayed


def _hold_into(held: list[Message]) -> Send:
    async def hold(part: Message) -> None:
        held.append(part)

    return hold
