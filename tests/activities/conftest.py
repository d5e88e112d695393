"""A stage for tests of activities, on one database or on both."""

from collections.abc import Iterator

import pytest

from tests.sandbox.serving import RunningSandbox, controls, running_sandbox
from tests.support.contacts import Play, play_on
from tests.support.stage import stage_beside


@pytest.fixture(scope="session")
def lasting_sandbox() -> Iterator[RunningSandbox]:
    """One sandbox for the whole run."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def clean_sandbox(lasting_sandbox: RunningSandbox) -> RunningSandbox:
    """The sandbox as if newly started."""
    with controls(lasting_sandbox) as client:
        client.post("/reset")
    return lasting_sandbox


@pytest.fixture
def play(sqlite_url: str, clean_sandbox: RunningSandbox) -> Iterator[Play]:
    """A play on SQLite, with one overdue account; a provider call may take a second."""
    with stage_beside(clean_sandbox, sqlite_url, provider_timeout_seconds=1) as set_stage:
        set_stage.add_account()
        yield play_on(set_stage)


@pytest.fixture
def any_play(any_database: str, clean_sandbox: RunningSandbox) -> Iterator[Play]:
    """A play on each kind of database."""
    with stage_beside(clean_sandbox, any_database) as set_stage:
        set_stage.add_account()
        yield play_on(set_stage)
