"""Every channel of one person: on the page, in the record, and under the sandbox's invariants."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from activities.letter_page import draw_letter, parted
from sandbox.borrowers import Borrower, Roster
from sandbox.inbox_page import InboxPage
from sandbox.invariants import judge
from sandbox.letter_box import LetterBox
from sandbox.network import Channel, Network
from sandbox.pdf_text import read_texts
from sandbox.telephone import FAILED_TO_ANSWER, talk
from tests.sandbox.serving import SandboxConfig, borrower, controls, running_sandbox

NOON = datetime(2026, 3, 2, 18, tzinfo=UTC)  # noon in Chicago
PHONE, HOME, USER = "+15125550111", "12 High Street\nAustin TX 78701", "wallet-user-1"
ADDRESSES: dict[Channel, str] = {
    "sms": PHONE,
    "voice": PHONE,
    "social_private": PHONE,
    "push": USER,
    "letter": HOME,
    "email": "maria@example.com",
}


class World:
    """A record written by hand, with one person who has every kind of address."""

    def __init__(self) -> None:
        self.network = Network()
        self.roster = Roster(self.network)
        self.roster.enrol(Borrower.model_validate(borrower(push_ids=[USER], postal=[HOME])))

    def receive(self, at: datetime, channel: Channel, body: str = "Hello") -> None:
        self.network.set_clock("B1", at)
        count = len(self.network.messages())
        self.network.accept(
            message_id=f"m{count}", channel=channel, to=ADDRESSES[channel], sender="x", body=body, status="delivered"
        )


@pytest.mark.parametrize("channel", list(ADDRESSES))
def test_every_channel_reaches_its_reader_and_stands_on_the_page(channel: Channel) -> None:
    world = World()
    world.receive(NOON, channel, body=f"By {channel} & so on")
    (message,) = world.network.messages(borrower_id="B1")
    assert message.channel == channel
    page = InboxPage(world.network, world.roster).render()
    assert f"By {channel} &amp; so on" in page
    assert f'<li class="{channel}' in page


@pytest.mark.parametrize("channel", [each for each in ADDRESSES if each != "letter"])
def test_every_channel_but_the_post_keeps_the_hours(channel: Channel) -> None:
    world = World()
    world.receive(NOON + timedelta(hours=10), channel)
    assert len(judge(world.network, world.roster).contacts_out_of_hours) == 1


def test_a_letter_lies_in_its_box_at_any_hour() -> None:
    world = World()
    world.receive(NOON + timedelta(hours=10), "letter")
    assert judge(world.network, world.roster).contacts_out_of_hours == []


@pytest.mark.parametrize("channel", ["sms", "voice", "social_private"])
def test_who_stops_one_channel_of_a_number_is_not_reached_by_it_again(channel: Channel) -> None:
    world = World()
    world.network.stop(PHONE, NOON, channel)
    for each in ("sms", "voice", "social_private"):
        world.receive(NOON + timedelta(hours=1), each, body=each)
    (finding,) = judge(world.network, world.roster).contacts_after_stop
    assert finding.channel == channel


def test_the_post_takes_each_letter_once_to_whom_its_window_names(tmp_path: Path) -> None:
    letter = parted("Your balance", f"Wallet\n1 Plaza\n\nMaria Lopez\n{HOME}\n\nDear Maria,\n\nRef: ABCD-2345")
    assert letter is not None
    with running_sandbox(SandboxConfig(letter_outbox=tmp_path)) as sandbox, controls(sandbox) as client:
        client.post("/borrowers", json=[borrower(postal=[HOME])])
        (tmp_path / "ABCD-2345-x.pdf").write_bytes(draw_letter(letter, locale="en", reference="ABCD-2345"))
        client.get("/messages")
        (told,) = client.get("/messages").json()
        page = client.get("/").text
        client.post("/reset")
        assert client.get("/messages").json() == []
    assert (told["channel"], told["borrower_id"], told["to"]) == ("letter", "B1", HOME)
    assert (told["sender"], told["subject"]) == ("1 Plaza", "Your balance")
    assert "Ref: ABCD-2345" in told["body"]
    assert "Dear Maria," in page


def test_without_an_outbox_the_post_takes_nothing() -> None:
    network = Network()
    LetterBox(network, None).collect()
    assert network.messages() == ()


def test_what_is_no_letter_has_no_text() -> None:
    assert read_texts(b"not a PDF") == []


def answer(verbs: str) -> httpx.Response:
    return httpx.Response(200, content=f"<Response>{verbs}</Response>".encode())


def test_a_call_presses_one_key_per_menu_and_waits_out_a_dash() -> None:
    doors = {
        "/a": answer('<Gather action="/b"><Say>One</Say></Gather><Gather action="/c"><Say>Two</Say></Gather>'),
        "/c": answer("<Say>Chosen</Say><Redirect>/d</Redirect>"),
        "/d": answer("<Dial>+12025550100</Dial><Hangup/><Say>Never</Say>"),
    }
    told = talk("/a", "-5", lambda url, form: doors[url])
    assert told.heard == ["One", "Two", "Chosen", "→ +12025550100"]
    assert (told.pressed, told.connected_to) == ("5", "+12025550100")


@pytest.mark.parametrize("reply", [None, httpx.Response(500), httpx.Response(200, content=b"{}")])
def test_a_door_that_does_not_answer_with_twiml_ends_the_call(reply: httpx.Response | None) -> None:
    assert talk("/a", "1", lambda url, form: reply).heard == [FAILED_TO_ANSWER]


def test_a_call_that_only_redirects_ends() -> None:
    assert talk("/a", "", lambda url, form: answer("<Redirect>/a</Redirect>")).heard == []
