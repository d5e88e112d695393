"""A case that was played under keys: nothing of what it says can be read at the server, and everything here."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory

from config.encryption import ENCODING, converter_for
from config.payloads import DATA_CONVERTER, ENCRYPTED
from console.replaying import replayed
from console.story import tell
from domain.errors import ConfigurationError
from tests.telemetry.conftest import KEYS, Seen

pytestmark = pytest.mark.xdist_group("seen")

THE_SERVERS = ("search_attributes", "header", "data")
"""What is not ours to encrypt: what is searched by, headers (a place in a trace), and the name of a local activity."""


def payloads(told: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Payload]]:
    """Every payload of an event, with where it stands."""
    if isinstance(told, Payload):
        yield "/".join(path), told
        return
    for field, value in told.ListFields():
        if field.message_type is None or field.name in THE_SERVERS:
            continue
        if field.message_type.GetOptions().map_entry:
            named = [(str(name), each) for name, each in value.items() if name not in THE_SERVERS]
        else:
            named = [("", value)] if isinstance(value, Message) else [("", each) for each in value]
        for name, each in named:
            if isinstance(each, Message):
                yield from payloads(each, (*path, field.name, name))


def test_every_payload_is_encrypted_that_is_ours(seen: Seen) -> None:
    found = [each for event in seen.history.events for each in payloads(event)]
    assert len(found) > 15
    assert [where for where, payload in found if payload.metadata[ENCODING] != ENCRYPTED.encode()] == []


async def test_the_story_of_an_encrypted_history_reads_the_same(seen: Seen) -> None:
    lines = await tell(seen.history.events, converter_for(KEYS))
    words = "\n".join(f"{line.what}: {line.outcome}" for line in lines)
    assert "signal fact" in words
    assert "collect acc-1 by wallet-standard" in words
    assert "nothing is owed any more" in words


async def test_it_replays_under_its_keys_and_is_refused_without_them(seen: Seen) -> None:
    async def histories() -> AsyncIterator[WorkflowHistory]:
        yield seen.history

    (told,) = [each async for each in replayed(histories(), converter_for(KEYS))]
    assert not told.breaks
    with pytest.raises(ConfigurationError, match="encrypted under the key new: set AMICABLE_PAYLOAD_KEYS"):
        _ = [each async for each in replayed(histories(), DATA_CONVERTER)]
