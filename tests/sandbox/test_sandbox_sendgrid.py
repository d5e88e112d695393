"""SendGrid's official client cannot tell the sandbox from SendGrid."""

import json
from collections.abc import Iterator

import pytest
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import CustomArg, Mail

from tests.sandbox.serving import RunningSandbox, SandboxConfig, controls, open_door, running_sandbox

TO = "maria@example.com"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    with controls(running) as client:
        client.post("/reset")
    return running


def api(sandbox: RunningSandbox, key: str | None = None) -> SendGridAPIClient:
    return SendGridAPIClient(key or sandbox.credentials.sendgrid_api_key, host=sandbox.url)


def mail(to: str = TO, reference: str = "ABCD-2345") -> Mail:
    message = Mail(from_email="care@lender.example", to_emails=to, subject="Hello", plain_text_content="Text")
    message.add_custom_arg(CustomArg("reference", reference))
    return message


def test_a_taken_mail_answers_202_with_an_id_and_no_body(sandbox: RunningSandbox) -> None:
    answer = api(sandbox).send(mail())
    assert (answer.status_code, answer.body) == (202, b"")
    assert answer.headers["X-Message-Id"]


def test_a_wrong_key_is_401_in_sendgrids_shape(sandbox: RunningSandbox) -> None:
    with pytest.raises(HTTPError) as caught:
        api(sandbox, key="SG.wrong").send(mail())
    assert caught.value.status_code == 401
    assert set(caught.value.to_dict["errors"][0]) == {"message", "field", "help"}


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (lambda body: body.pop("from"), "from"),
        (lambda body: body.pop("content"), "content"),
        (lambda body: body["personalizations"][0].pop("to"), "personalizations.0.to"),
        (
            lambda body: body["personalizations"][0].update(to=[{"email": "not an address"}]),
            "personalizations.0.to",
        ),
    ],
)
def test_a_wrong_request_is_400_and_names_the_field(sandbox: RunningSandbox, spoil: object, field: str) -> None:
    body = mail().get()
    spoil(body)  # type: ignore[operator]
    with pytest.raises(HTTPError) as caught:
        api(sandbox).client.mail.send.post(request_body=body)
    assert caught.value.status_code == 400
    assert caught.value.to_dict["errors"][0]["field"] == field
    assert sandbox.network.messages() == ()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("(unique_args['reference']=\"ABCD-2345\")", 1),
        ("unique_args['reference']=\"NONE-2222\"", 0),
        (f'to_email="{TO}"', 2),
        (f'to_email="{TO.upper()}" AND (unique_args[\'reference\']="WXYZ-2345")', 1),
        ('to_email!="somebody@example.com"', 2),
        ("", 2),
    ],
)
def test_a_lookup_finds_what_its_query_names(sandbox: RunningSandbox, query: str, found: int) -> None:
    api(sandbox).send(mail())
    api(sandbox).send(mail(reference="WXYZ-2345"))
    answer = api(sandbox).client.messages.get(query_params={"query": query, "limit": "10"})
    assert len(json.loads(answer.body)["messages"]) == found


def test_the_id_of_a_send_begins_the_id_of_the_activity(sandbox: RunningSandbox) -> None:
    sent = api(sandbox).send(mail()).headers["X-Message-Id"]
    answer = api(sandbox).client.messages.get(query_params={"query": f'msg_id LIKE "{sent}%"', "limit": "10"})
    (message,) = json.loads(answer.body)["messages"]
    assert message["msg_id"].startswith(sent + ".")


def test_a_query_that_is_not_understood_is_400_rather_than_everything(sandbox: RunningSandbox) -> None:
    with pytest.raises(HTTPError) as caught:
        api(sandbox).client.messages.get(query_params={"query": "anything", "limit": "10"})
    assert caught.value.status_code == 400


def test_without_email_activity_a_lookup_is_403() -> None:
    with running_sandbox(SandboxConfig(has_email_activity=False)) as sandbox:
        with pytest.raises(HTTPError) as caught:
            api(sandbox).client.messages.get(query_params={"limit": "10"})
        assert caught.value.status_code == 403


@pytest.mark.parametrize(
    ("condition", "events"),
    [(None, ["processed", "delivered"]), ("bounce", ["processed", "bounce"]), ("dropped", ["dropped"])],
)
def test_events_tell_the_journey_and_echo_the_custom_arguments(
    sandbox: RunningSandbox, condition: str | None, events: list[str]
) -> None:
    with open_door() as door, controls(sandbox) as client:
        client.put("/addresses", json={"address": TO, "condition": condition})
        client.put("/webhooks", json={"sendgrid_event_url": door.url})
        api(sandbox).send(mail())
        posted = [json.loads(post.body)[0] for post in door.wait_for(len(events))]
        client.put("/webhooks", json={"sendgrid_event_url": None})
    assert [event["event"] for event in posted] == events
    assert {event["reference"] for event in posted} == {"ABCD-2345"}
    assert len({event["sg_event_id"] for event in posted}) == len(events)
    assert all(event["email"] == TO and event["sg_message_id"] and event["timestamp"] for event in posted)


def test_a_mail_with_html_only_is_shown_without_its_tags(sandbox: RunningSandbox) -> None:
    api(sandbox).send(Mail(from_email="a@b.example", to_emails=TO, subject="s", html_content="<p>Hello <b>you</b></p>"))
    assert [message.body for message in sandbox.network.messages()] == ["Hello you"]
