"""The door for calls, with real calls of the sandbox: who hears what, and what each key does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select, update
from temporalio.client import Client

from activities.cases import CaseActivities
from activities.channel import Accepted, OutboundMessage
from activities.planning import Planner
from activities.voice import CHANNEL, create
from casedb import schema, touches
from casedb.engine import reading, writing
from domain.errors import ConfigurationError
from rehearsal.processes import free_port
from sandbox.network import Message
from sandbox.serving import serving
from sandbox.signatures import sign_twilio_request
from tests.activities.channels import reset, settle
from tests.sandbox.serving import RunningSandbox, running_sandbox
from tests.support.stage import Stage, stage_beside
from web.app import assemble
from workflows.messages import OpenRequest

PHONE, REFERENCE = "+12125550123", "ABCD-2345"
DUE_ON, OPENED_AT = date(2026, 10, 1), datetime(2026, 10, 5, 15, tzinfo=UTC)
SECRETS = ("123.45", "$", "past due", "October 1", "pay later", "owed")
"""What names the debt."""


@dataclass
class Telephone:
    """A stage with a person who can be called, and our door behind a real address."""

    stage: Stage
    web_url: str
    connected: int = 0
    keys: str = ""
    posts: list[Any] = field(default_factory=list)

    def dial(self, keys: str, *, condition: str | None = None, reference: str = REFERENCE) -> Message:
        """One call from beginning to end, as the network recorded it."""
        network = self.stage.sandbox.network
        network.set_keys(PHONE, keys)
        network.set_condition(PHONE, condition)  # type: ignore[arg-type]
        adapter = create(self.stage.settings)
        assert adapter is not None
        taken = adapter.send(OutboundMessage(to=PHONE, body="-", reference=reference))
        assert isinstance(taken, Accepted)
        settle(self.stage.sandbox)
        call = network.message(taken.provider_id)
        assert call is not None
        return call

    def rows(self, table: str) -> list[Any]:
        """Every row of a table."""
        with reading(self.stage.engine) as connection:
            return list(connection.execute(select(getattr(schema, table))))

    def keyed(self) -> list[Any]:
        """The facts that keys made; what the call's own receipts made stands beside them."""
        return [fact for fact in self.rows("inbox_event") if fact.source == "voice_keypad"]

    def change(self, table: str, **values: Any) -> None:
        """Change every row of a table."""
        with writing(self.stage.engine) as connection:
            connection.execute(update(getattr(schema, table)).values(**values))

    def post(self, step: str, form: dict[str, str], *, token: str | None = None, url: str | None = None) -> Any:
        """A form as whoever holds the token signs it."""
        address = f"{self.web_url}/voice/{REFERENCE}/{step}"
        secret = token or self.stage.sandbox.credentials.twilio_auth_token
        headers = {"X-Twilio-Signature": sign_twilio_request(url or address, form, secret)}
        with httpx.Client(trust_env=False, timeout=20) as client:
            return client.post(address, data=form, headers=headers)


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def telephone(sqlite_url: str, running: RunningSandbox) -> Iterator[Telephone]:
    with telephone_on(sqlite_url, running) as made:
        yield made


@contextmanager
def telephone_on(database_url: str, running: RunningSandbox, *, locale: str = "en") -> Iterator[Telephone]:
    """A person with a telephone and an open case, on which a call was claimed."""
    reset(running)
    port = free_port(0)
    web_url = f"http://127.0.0.1:{port}"
    with stage_beside(running, database_url, voice_web_url=web_url) as stage:
        made = Telephone(stage=stage, web_url=web_url)
        stage.add_account(due_on=DUE_ON)
        claim_call(stage, locale)

        async def nobody() -> Client:
            made.connected += 1
            raise ConfigurationError("no Temporal server in this test")

        parts = stage.dependencies
        with serving(assemble(stage.settings, stage.engine, parts.rules, parts.renderer, nobody), port=port):
            yield made


def claim_call(stage: Stage, locale: str) -> None:
    planner = Planner(stage.dependencies.rules.strategies, frozenset({CHANNEL}))
    with writing(stage.engine) as connection:
        connection.execute(update(schema.person).values(locale=locale))
        connection.execute(
            insert(schema.contact_point).values(
                contact_point_id="per-1:voice",
                person_id="per-1",
                channel="voice",
                address=PHONE,
                line_type="mobile",
                preference=0,
            )
        )
    opened = CaseActivities(stage.engine, planner).open_case(
        OpenRequest(account_id="acc-1", strategy="wallet-standard", campaign_id=None, now=OPENED_AT)
    )
    assert opened.case is not None
    with writing(stage.engine) as connection:
        touches.insert_claim(
            connection,
            touches.Claim(
                case_id=opened.case.case_id,
                account_id="acc-1",
                person_id="per-1",
                touch_key="reminder/reminder-1",
                channel=CHANNEL,
                contact_point_id="per-1:voice",
                reference=REFERENCE,
                template="reminder_1",
                provider="twilio",
                at=OPENED_AT,
                attempted_at=OPENED_AT,
                balance_minor=12_345,
            ),
        )


def says_nothing_of_the_debt(text: str) -> bool:
    return not any(secret in text for secret in SECRETS)


def test_nobody_hears_of_the_debt_before_he_has_said_who_he_is(telephone: Telephone) -> None:
    heard = telephone.dial("").body
    assert "Ada Invented" in heard
    assert "press 1" in heard
    assert says_nothing_of_the_debt(heard)


@pytest.mark.parametrize("keys", ["2", "5", "0", "*", "#"])
def test_another_key_than_1_is_not_the_person(telephone: Telephone, keys: str) -> None:
    heard = telephone.dial(keys).body
    assert says_nothing_of_the_debt(heard)
    assert heard.endswith("Goodbye.")


def test_the_person_hears_the_statement_with_the_balance_of_now(telephone: Telephone) -> None:
    telephone.change("account", balance_minor=9_900)
    heard = telephone.dial("1").body
    assert "$99.00" in heard
    assert "To talk to a person, press 1." in heard


def test_a_silent_line_hears_the_greeting_twice_and_no_more(telephone: Telephone) -> None:
    assert telephone.dial("").body.count("Hello.") == 2
    assert telephone.dial("-1").body.count("$123.45") == 1


def test_a_machine_hears_nothing_at_all(telephone: Telephone) -> None:
    call = telephone.dial("1", condition="machine")
    assert call.body == ""
    (touch,) = telephone.rows("touch")
    assert (touch.delivery, call.status) == ("failed", "completed")


def test_2_says_it_again(telephone: Telephone) -> None:
    assert telephone.dial("122").body.count("$123.45") == 3


def test_1_connects_with_a_human_and_leaves_a_task_to_call_back(telephone: Telephone) -> None:
    heard = telephone.dial("11").body
    assert "→ +12025550100" in heard
    (task,) = telephone.rows("human_task")
    assert (task.kind, task.owner, task.done_at) == ("callback", "care", None)
    (fact,) = telephone.keyed()
    assert (fact.kind, fact.source, fact.account_id) == ("callback", "voice_keypad", "acc-1")
    assert fact.signalled_at is not None
    assert telephone.connected == 0


def test_9_ends_calls_to_the_person_at_once_with_the_call_as_evidence(telephone: Telephone) -> None:
    call = telephone.dial("19")
    assert "We will not call this number again" in call.body
    (statement,) = telephone.rows("consent")
    assert (statement.channel, statement.permission, statement.address) == ("voice", "withdrawn", "")
    assert (statement.source, statement.evidence) == ("voice_keypad", f"twilio call {call.message_id}")
    (fact,) = telephone.keyed()
    assert (fact.kind, fact.signalled_at) == ("opt_out", None), "the case could not be told: the relay will"
    assert telephone.connected == 1
    assert telephone.stage.sandbox.network.stopped_at(PHONE, "voice") is not None


def test_9_of_somebody_else_ends_calls_to_that_number_only(telephone: Telephone) -> None:
    telephone.dial("9")
    (statement,) = telephone.rows("consent")
    assert (statement.channel, statement.permission, statement.address) == ("voice", "withdrawn", PHONE)


def test_after_9_the_next_call_says_nothing(telephone: Telephone) -> None:
    telephone.dial("19")
    assert telephone.dial("1").body == ""


def test_a_key_that_is_posted_twice_is_one_fact(telephone: Telephone) -> None:
    form = {"CallSid": "CA1", "To": PHONE, "Digits": "1"}
    answers = [telephone.post("choice", form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(telephone.rows("human_task")) == 1
    assert len(telephone.rows("inbox_event")) == 1


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("account", {"balance_minor": 0}),
        ("case", {"closed_at": datetime(2026, 11, 1, tzinfo=UTC), "close_reason": "paid", "stage": "closed"}),
    ],
)
def test_who_paid_between_dialling_and_answering_hears_nothing_of_a_debt(
    telephone: Telephone, table: str, values: dict[str, Any]
) -> None:
    telephone.change(table, **values)
    assert telephone.dial("1").body == ""
    answer = telephone.post("identified", {"CallSid": "CA1", "To": PHONE, "Digits": "1"})
    assert "nothing that you need to do" in answer.text


def test_under_a_hold_nothing_is_said(telephone: Telephone) -> None:
    now = datetime.now(UTC)
    with writing(telephone.stage.engine) as connection:
        connection.execute(
            insert(schema.hold).values(
                hold_id="h",
                person_id="per-1",
                kind="hardship",
                reason="",
                owner="care",
                starts_at=now - timedelta(days=1),
                pauses_dpd=True,
            )
        )
    assert telephone.dial("1").body == ""


def test_a_chinese_person_is_spoken_to_in_chinese(sqlite_url: str, running: RunningSandbox) -> None:
    with telephone_on(sqlite_url, running, locale="zh-CN") as telephone:
        heard = telephone.dial("19").body
        answer = telephone.post("identified", {"CallSid": "CA2", "To": PHONE, "Digits": "3"})
    assert "您好" in heard
    assert "我们不会再拨打这个号码" in heard
    assert 'language="cmn-CN" voice="Polly.Zhiyu"' in answer.text


def test_a_call_that_we_did_not_make_is_told_nothing(telephone: Telephone) -> None:
    assert telephone.dial("1", reference="WXYZ-2345").body == ""
    answer = telephone.post("greeting", {"CallSid": "CA1", "To": "+12125550999"})
    assert "Say" not in answer.text


@pytest.mark.parametrize("token", ["wrong", "sandbox-tokem"])
@pytest.mark.parametrize("step", ["greeting", "identified", "choice", "status"])
def test_a_form_without_twilios_signature_is_refused_and_changes_nothing(
    telephone: Telephone, step: str, token: str
) -> None:
    form = {"CallSid": "CA1", "To": PHONE, "Digits": "9", "CallStatus": "failed"}
    assert telephone.post(step, form, token=token).status_code == 401
    elsewhere = f"{telephone.web_url}/voice/{REFERENCE}/greetin"
    assert telephone.post(step, form, url=elsewhere).status_code == 401
    assert telephone.rows("inbox_event") == []
    assert telephone.rows("touch")[0].delivery == "none"


def test_a_report_that_names_no_call_is_refused_with_the_reason(telephone: Telephone) -> None:
    answer = telephone.post("status", {"To": PHONE, "CallStatus": "completed"})
    assert (answer.status_code, answer.json()["error"]["message"].partition(" ")[0]) == (422, "CallSid")


def test_the_human_sees_our_number_and_not_the_borrowers(telephone: Telephone) -> None:
    answer = telephone.post("choice", {"CallSid": "CA1", "From": "+15005550006", "To": PHONE, "Digits": "1"})
    assert '<Dial callerId="+15005550006" timeout="30">+12025550100</Dial>' in answer.text


def test_a_form_that_is_too_long_is_refused(telephone: Telephone) -> None:
    assert telephone.post("greeting", {"To": PHONE, "X": "x" * 70_000}).status_code == 413


@pytest.mark.parametrize(("condition", "delivery"), [(None, "delivered"), ("busy", "failed"), ("no-answer", "failed")])
def test_the_end_of_the_call_is_on_the_touch(telephone: Telephone, condition: str | None, delivery: str) -> None:
    telephone.dial("1", condition=condition)
    assert telephone.rows("touch")[0].delivery == delivery
    assert telephone.connected == (delivery == "failed"), "the case hears of a call that reached nobody"


def test_addresses_hold_the_reference_and_nothing_else(telephone: Telephone) -> None:
    call = telephone.dial("11")
    for url in call.requested:
        step = url.removeprefix(f"{telephone.web_url}/voice/{REFERENCE}/")
        assert step in {"greeting", "identified", "choice", "status"}
