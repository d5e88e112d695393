"""A really running sandbox, and a customer's webhook door that remembers what came through it."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.app import SandboxConfig
from sandbox.serving import RunningSandbox, running_sandbox, serving

__all__ = [
    "Door",
    "RunningSandbox",
    "SandboxConfig",
    "borrower",
    "controls",
    "open_door",
    "running_sandbox",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One webhook as it arrived."""

    headers: Mapping[str, str]
    body: bytes


@dataclass
class Door:
    """Webhooks in the order of arrival; `answers` are the statuses for the first ones, then 200."""

    url: str = ""
    posts: list[Post] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int) -> list[Post]:
        """The posts, once there are this many."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.posts) >= count, timeout=20), self.posts
            return list(self.posts)

    async def take(self, request: Request) -> Response:
        """Remember one post."""
        post = Post(headers=dict(request.headers), body=await request.body())
        with self._arrived:
            self.posts.append(post)
            status = self.answers.pop(0) if self.answers else 200
            self._arrived.notify_all()
        return Response(status_code=status)


@contextmanager
def open_door() -> Iterator[Door]:
    """A webhook door for as long as the block runs."""
    door = Door()
    with serving(Starlette(routes=[Route("/hook", door.take, methods=["POST"])])) as url:
        door.url = url + "/hook"
        yield door


def controls(sandbox: RunningSandbox) -> httpx.Client:
    """A client for the sandbox's own controls."""
    return httpx.Client(base_url=sandbox.url, trust_env=False, timeout=20)


def borrower(borrower_id: str = "B1", **changes: Any) -> dict[str, Any]:
    """A roster entry with one American who owes 100 dollars, changed as the test needs."""
    entry = {
        "borrower_id": borrower_id,
        "name": "Maria Lopez",
        "phones": ["+15125550111"],
        "emails": ["maria@example.com"],
        "country": "US",
        "zones": ["America/Chicago"],
        "script": "never_answers",
        "accounts": [{"account_id": "A1", "currency": "USD", "balance_minor": 10_000}],
    }
    return entry | changes
