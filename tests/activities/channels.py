"""A sandbox for tests of one channel's adapter, and its scripted faults."""

from typing import Any

from activities.wire import Limits
from tests.sandbox.serving import RunningSandbox, controls

PATIENT = Limits(connect_seconds=2, read_seconds=10)
QUICK = Limits(connect_seconds=2, read_seconds=1)


def reset(sandbox: RunningSandbox) -> RunningSandbox:
    """The same sandbox as if newly started."""
    with controls(sandbox) as client:
        assert client.post("/reset").is_success
    return sandbox


def script_fault(sandbox: RunningSandbox, api: str, **fault: Any) -> None:
    """Let the next request to a provider go wrong."""
    with controls(sandbox) as client:
        assert client.post("/faults", json={"api": api, **fault}).status_code == 200


def settle(sandbox: RunningSandbox) -> None:
    """Wait until everything that was taken has arrived, and every webhook is posted."""
    with controls(sandbox) as client:
        assert client.get("/webhooks", params={"wait_seconds": 20}).json()["waiting"] == 0
