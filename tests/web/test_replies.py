"""The doors for replies: authentic or refused, stored before they are answered, and without a word in any log."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert, select
from temporalio.client import Client

from casedb.engine import open_engine, reading, writing
from casedb.schema import consent, contact_point, human_task, reply
from config.settings import SANDBOX_TWILIO_AUTH_TOKEN, load_settings
from domain.errors import ConfigurationError
from sandbox.signatures import sign_twilio_request
from tests.casedb.people import add_account, add_person
from tests.config.conftest import SANDBOX_URLS
from tests.support.stage import rules_and_renderer
from web.app import assemble

URL = "http://127.0.0.1:8080"
PHONE = "+12125550142"
MAILBOX = "wei@mail.example"
FIRST, SECOND = "first-secret-of-24-signs-or-more", "second-secret-of-24-signs-or-more"
NOW = datetime(2026, 11, 18, 16, tzinfo=UTC)


@dataclass
class Carrier:
    """Posts as Twilio and SendGrid do."""

    http: TestClient
    engine: Engine

    def text(self, body: str, *, token: str = SANDBOX_TWILIO_AUTH_TOKEN, **changed: str) -> httpx.Response:
        form = {"MessageSid": "SM1", "From": PHONE, "To": "+15005550006", "Body": body, "NumMedia": "0"} | changed
        signature = sign_twilio_request(f"{URL}/replies/twilio", form, token)
        return self.http.post("/replies/twilio", data=form, headers={"X-Twilio-Signature": signature})

    def mail(self, text: str, *, token: str = FIRST, **changed: Any) -> httpx.Response:
        told = {
            "from": f"Wei <{MAILBOX}>",
            "subject": "Re: A friendly reminder",
            "text": text,
            "headers": "Message-ID: <1@mail.example>\nDate: Wed, 18 Nov 2026 16:00:00 +0000",
            "envelope": json.dumps({"to": ["collections@wallet.example"], "from": MAILBOX}),
            "charsets": json.dumps({"text": "utf-8", "subject": "UTF-8"}),
            "attachments": "1",
        } | changed
        return self.http.post(f"/replies/sendgrid/{token}", data=told, files={"attachment1": ("a.txt", b"bytes")})

    def rows(self, table: Any) -> list[Any]:
        with reading(self.engine) as connection:
            return list(connection.execute(select(table)))


@pytest.fixture
def carrier(any_database: str) -> Iterator[Carrier]:
    settings = load_settings(
        None, **SANDBOX_URLS, database_url=any_database, web_url=URL, reply_mail_tokens=f"{FIRST}, {SECOND}"
    )
    engine = open_engine(any_database, suppression_salt="salt")
    with writing(engine) as connection:
        add_person(connection, "P-1", phone=PHONE)
        add_account(connection, "A-1", "P-1", balance_minor=50_000)
        point = {"contact_point_id": "P-1:email:1", "person_id": "P-1", "channel": "email", "address": MAILBOX}
        connection.execute(insert(contact_point).values(**point, line_type="mailbox", preference=0))

    async def nobody() -> Client:
        raise ConfigurationError("no server in this test")

    app = assemble(settings, engine, *rules_and_renderer(), nobody, now=lambda: NOW)
    with TestClient(app) as http:
        yield Carrier(http, engine)
    engine.dispose()


def test_a_text_that_says_stop_closes_the_channel_and_is_answered_with_nothing_to_say(carrier: Carrier) -> None:
    answer = carrier.text("please stop")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    assert "<Message" not in answer.text
    assert [(row.channel, row.permission) for row in carrier.rows(consent)] == [("sms", "withdrawn")]


def test_the_same_message_again_is_answered_alike_and_changes_nothing(carrier: Carrier) -> None:
    first, again = carrier.text("stop"), carrier.text("stop")
    assert (first.status_code, first.text) == (again.status_code, again.text)
    assert len(carrier.rows(consent)) == len(carrier.rows(reply)) == 1


def test_without_twilios_signature_nothing_is_read(carrier: Carrier) -> None:
    answer = carrier.text("stop", token="another")
    assert answer.status_code == 401
    assert carrier.rows(reply) == []


def test_a_form_without_an_id_is_malformed_by_the_fields_name(carrier: Carrier) -> None:
    answer = carrier.text("my private words", MessageSid="")
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "MessageSid")
    assert "private" not in answer.text


@pytest.mark.parametrize("sid", ["SM 1", "SM\n1", "SM\u00e9", "S" * 201])
def test_an_id_that_must_not_stand_in_a_log_is_refused_by_the_fields_name(carrier: Carrier, sid: str) -> None:
    answer = carrier.text("stop", MessageSid=sid)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "MessageSid")
    assert carrier.rows(reply) == []


def test_a_form_that_is_too_long_is_refused(carrier: Carrier) -> None:
    assert carrier.text("x" * 70_000).status_code == 413


def test_somebody_whom_nobody_knows_is_taken_and_parked_for_a_human(carrier: Carrier) -> None:
    answer = carrier.text("hello there", From="+12125550199")
    assert answer.status_code == 200
    assert [row.kind for row in carrier.rows(human_task)] == ["parked_fact"]


def test_a_private_message_is_its_own_channel(carrier: Carrier) -> None:
    carrier.text("stop", From=f"whatsapp:{PHONE}")
    assert [row.channel for row in carrier.rows(consent)] == ["social_private"]


def test_what_twilio_has_answered_itself_is_taken_as_it_says(carrier: Carrier) -> None:
    carrier.text("merci non", OptOutType="STOP")
    assert [row.intents for row in carrier.rows(reply)] == [["stop"]]
    assert [row.answer for row in carrier.rows(reply)] == [""]


def test_of_a_mail_only_the_persons_own_words_are_read(carrier: Carrier) -> None:
    answer = carrier.mail("I lost my job.\n\nOn Mon, Nov 16, 2026, Example Wallet wrote:\n> reply with STOP")
    assert answer.status_code == 200
    (stored,) = carrier.rows(reply)
    assert (stored.channel, stored.intents, stored.attachments) == ("email", ["hardship"], 1)
    assert "mail.example" not in stored.reply_id


def test_stop_in_the_subject_is_enough_and_our_own_subject_says_nothing(carrier: Carrier) -> None:
    carrier.mail("", subject="STOP")
    assert [row.intents for row in carrier.rows(reply)] == [["stop"]]
    carrier.mail("thanks", subject="Re: STOP", headers="Message-ID: <2@mail.example>")
    assert carrier.rows(reply)[1].intents == ["ack"]


@pytest.mark.parametrize("token", [FIRST, SECOND])
def test_two_tokens_are_good_while_one_is_changed(carrier: Carrier, token: str) -> None:
    assert carrier.mail("stop", token=token).status_code == 200


@pytest.mark.parametrize("token", ["x", FIRST[:-1], FIRST + "x", "é" * 24])
def test_with_another_token_no_mail_is_taken(carrier: Carrier, token: str) -> None:
    assert carrier.mail("stop", token=token).status_code == 401
    assert carrier.rows(reply) == []


def test_a_machine_is_recognised_by_its_headers_and_not_answered(carrier: Carrier) -> None:
    carrier.mail("I am away, please stop by", headers="Message-ID: <3@mail.example>\nAuto-Submitted: auto-replied")
    (stored,) = carrier.rows(reply)
    assert (stored.intents, stored.answer) == (["automatic"], "")


def test_a_mail_in_another_charset_is_read(carrier: Carrier) -> None:
    as_posted = "退订".encode("gb18030").decode("latin-1")
    carrier.mail(as_posted, charsets=json.dumps({"text": "gb18030"}))
    assert [row.intents for row in carrier.rows(reply)] == [["stop"]]


def test_a_mail_of_html_alone_is_read_without_what_it_quotes(carrier: Carrier) -> None:
    carrier.mail("", html="<p>I don&#39;t owe this</p><blockquote>STOP</blockquote>")
    assert [row.intents for row in carrier.rows(reply)] == [["dispute"]]


def test_a_mail_of_several_megabytes_is_read(carrier: Carrier) -> None:
    picture = f"<img src='data:image/png;base64,{'A' * 3_000_000}'>"
    assert carrier.mail("stop", html=f"<p>stop</p>{picture}").status_code == 200
    (stored,) = carrier.rows(reply)
    assert stored.intents == ["stop"]


@pytest.mark.parametrize("broken", ["<![<", "<!-- not closed"])
def test_a_page_that_nobody_can_read_to_its_end_is_read_as_far_as_it_goes(carrier: Carrier, broken: str) -> None:
    assert carrier.mail("", html=f"<p>stop</p>{broken}").status_code == 200
    (stored,) = carrier.rows(reply)
    assert stored.intents == ["stop"]


def test_a_sender_of_nested_comments_is_malformed_and_no_trouble_of_ours(carrier: Carrier) -> None:
    assert carrier.mail("stop", **{"from": "(" * 5000, "envelope": "{}"}).status_code == 422


def test_a_mail_of_nobody_is_malformed(carrier: Carrier) -> None:
    answer = carrier.mail("stop", **{"from": "", "envelope": "no json"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "from")


def test_no_word_of_a_reply_stands_in_a_log(carrier: Carrier, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        carrier.text("private words and a dispute: I dispute this")
        carrier.mail("private words: I dispute this")
    assert "private" not in caplog.text
    assert PHONE not in caplog.text


def test_without_an_address_and_tokens_there_is_no_door(sqlite_url: str) -> None:
    settings = load_settings(None, **SANDBOX_URLS, database_url=sqlite_url)
    engine = open_engine(sqlite_url)

    async def nobody() -> Client:
        raise ConfigurationError("no server in this test")

    http = TestClient(assemble(settings, engine, *rules_and_renderer(), nobody))
    assert http.post("/replies/twilio").status_code == 404
    assert http.post(f"/replies/sendgrid/{FIRST}").status_code == 404
    engine.dispose()


def test_a_mail_opens_a_channel_again_only_from_a_sender_who_is_proven_and_closes_it_from_anybody(
    carrier: Carrier,
) -> None:
    carrier.mail("stop", headers="Message-ID: <1@mail.example>", dkim="none", SPF="fail")
    carrier.mail("start", headers="Message-ID: <2@mail.example>", dkim="{@evil.example : pass}", SPF="fail")
    assert [row.permission for row in carrier.rows(consent)] == ["withdrawn"]
    (task,) = carrier.rows(human_task)
    assert "its sender is not proven, and anybody could have written it; perhaps start" in task.why
    carrier.mail("start", headers="Message-ID: <3@mail.example>", dkim=f"{{@{MAILBOX.partition('@')[2]} : pass}}")
    assert [row.permission for row in carrier.rows(consent)] == ["withdrawn", "given"]
    assert len(carrier.rows(human_task)) == 1
