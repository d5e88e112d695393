"""What is claimed is what may be said: a finished text that breaks a rule goes nowhere, and stands on record."""

from datetime import UTC, datetime

from sqlalchemy import delete

from casedb.engine import writing
from casedb.schema import contact_point
from tests.support.contacts import Play


def test_a_text_that_breaks_a_rule_is_not_sent_and_the_record_says_which_rule(play: Play) -> None:
    request = play.request()
    play.change("account", creditor="We will sue you")

    outcome = play.contact(request)

    assert (play.received(), play.rows("touch")) == ((), [])
    assert outcome.event is not None
    assert outcome.event.kind == "contact_forgone"
    told = [(each.channel, each.decision, each.rule) for each in play.rows("verdict")]
    assert told == [
        ("sms", "allow", ""),
        ("sms", "deny", "MESSAGE-REFUSED"),
        ("email", "allow", ""),
        ("email", "deny", "MESSAGE-REFUSED"),
    ]
    why = play.rows("verdict")[1].why
    assert "US-CONTENT-THREAT" in why
    assert "We will sue you" not in why
    tasks = play.rows("human_task")
    assert [(task.kind, task.key, task.owner) for task in tasks] == [
        ("message_refused", "reminder_1/sms", "content"),
        ("message_refused", "reminder_1/email", "content"),
    ]
    assert not any("We will sue you" in task.why for task in tasks)


def test_a_template_that_holds_up_many_cases_is_one_task_and_is_open_again_when_it_still_breaks_a_rule(
    play: Play,
) -> None:
    request = play.request()
    play.change("account", creditor="We will sue you")
    play.contact(request)
    play.contact(request)
    assert len(play.rows("human_task")) == 2
    play.change("human_task", done_at=datetime.now(UTC))

    play.contact(request)

    assert [task.done_at for task in play.rows("human_task")] == [None, None]


def test_a_mail_shows_what_the_balance_is_made_of(play: Play) -> None:
    request = play.request()
    with writing(play.engine) as connection:
        connection.execute(delete(contact_point).where(contact_point.c.channel == "sms"))
    entry = {"account_id": "acc-1", "at": datetime.now(UTC), "recorded_at": datetime.now(UTC)}
    balance = play.rows("account")[0].balance_minor
    ledger = play.rows("ledger_entry")
    play.add("ledger_entry", entry_id="fee-1", version=len(ledger) + 1, kind="fee", amount_minor=250, **entry)
    play.change("account", balance_minor=balance + 250)

    play.contact(request)

    (mail,) = play.received()
    assert "$2.50" in mail.body
