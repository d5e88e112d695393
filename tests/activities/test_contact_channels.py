"""A touch on each further channel, through the governed contact: claimed, sent, on record, received once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from activities.letter import LetterOutbox
from domain.events import ContactMade
from domain.step import Contact
from domain.vocabulary import Channel
from tests.activities.test_letter import lines_of
from tests.sandbox.serving import RunningSandbox
from tests.support.contacts import Play, play_on
from tests.support.stage import stage_beside

ADDRESSES = {Channel.PUSH: "wallet-user-1", Channel.LETTER: "12 High Street\nNew York NY 10001"}


@pytest.fixture
def play(sqlite_url: str, clean_sandbox: RunningSandbox, tmp_path: Path) -> Iterator[Play]:
    """A play with every further channel switched on that needs no consent, and an address for each."""
    told = {"push_url": clean_sandbox.url, "letter_outbox_dir": tmp_path / "letters"}
    with stage_beside(clean_sandbox, sqlite_url, **told) as stage:
        stage.add_account()
        made = play_on(stage)
        for channel, address in ADDRESSES.items():
            made.add(
                "contact_point",
                contact_point_id=f"per-1:{channel.value}",
                person_id="per-1",
                channel=channel.value,
                address=address,
                line_type="unknown",
                preference=0,
            )
        yield made


@pytest.mark.parametrize("channel", list(ADDRESSES))
def test_a_touch_is_made_once_and_on_record(play: Play, channel: Channel) -> None:
    request = play.request()
    assert isinstance(request.step.action, Contact)
    step = replace(request.step, action=replace(request.step.action, channels=(channel,)))
    outcomes = [play.contact(replace(request, step=step)) for _ in range(2)]
    for outcome in outcomes:
        assert isinstance(outcome.event, ContactMade)
        assert outcome.event.channel is channel
    touch = play.touch()
    assert (touch.channel, touch.status) == (channel.value, "sent")
    assert touch.reference in _received(play, channel)


def _received(play: Play, channel: Channel) -> str:
    """The one message of the channel, wherever it arrives."""
    if channel is Channel.PUSH:
        (message,) = play.received()
        return message.body
    outbox = play.governed.adapters[channel]
    assert isinstance(outbox, LetterOutbox)
    (letter,) = outbox.folder.glob("*.pdf")
    return "\n".join(lines_of(letter))
