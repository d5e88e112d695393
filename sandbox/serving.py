"""Runs a sandbox on a loopback port: for a process of its own, or beside other things in one process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from sandbox.app import SandboxConfig, create_app
from sandbox.borrowers import Roster
from sandbox.credentials import SandboxCredentials
from sandbox.line import Line
from sandbox.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSandbox:
    """A sandbox that answers at `url`, with its record at hand."""

    url: str
    network: Network
    roster: Roster
    credentials: SandboxCredentials


class _AnnouncedServer(uvicorn.Server):
    """A server that says when it listens, or that it never will."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        try:
            await super().startup(sockets)
        finally:
            self.settled.set()


def server_config(app: ASGIApp, *, host: str, port: int) -> uvicorn.Config:
    """How the sandbox is served: on lines that can be cut, without a log of who was written to."""
    return uvicorn.Config(app, host=host, port=port, http=Line, log_level="warning", access_log=False)


@contextmanager
def serving(app: ASGIApp, *, port: int = 0) -> Iterator[str]:
    """Serve any application on the loopback in a thread; yields its address, free port unless one is named."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        # asyncio does so only for sockets that say their protocol; else each answer's body waits 40 ms behind its head.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = _AnnouncedServer(server_config(app, host="127.0.0.1", port=port))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        if not server.settled.wait(timeout=30) or not server.started:
            raise RuntimeError("the server did not start")
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=30)


@contextmanager
def running_sandbox(config: SandboxConfig | None = None, *, port: int = 0) -> Iterator[RunningSandbox]:
    """A sandbox for as long as the block runs."""
    config = config or SandboxConfig()
    network = Network()
    roster = Roster(network)
    with serving(create_app(config, network=network, roster=roster), port=port) as url:
        yield RunningSandbox(url=url, network=network, roster=roster, credentials=config.credentials)
