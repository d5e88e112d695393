"""A case with something of everything on record, beside another person's, for tests of legal papers."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert

from casedb import schema
from casedb.engine import writing
from casedb.message_texts import Said, record_said
from casedb.verdicts import VerdictAbout, record_verdict
from domain.vocabulary import Channel
from tests.casedb.people import NOW
from tests.casedb.verdicts import a_deferral, a_verdict

DAY = timedelta(days=1)
ZONES = {"en": "America/New_York", "zh-CN": "Asia/Shanghai"}
NAMES = {"en": "Ada Invented", "zh-CN": "王小明"}
SAID = {
    "en": "Dear Ada Invented, $1,280.50 on your Pay Later balance has been due since October 1. Ref: AAAA-BBBB",
    "zh-CN": "王小明您好：您的先享后付账单有 ¥1,280.50 自2026年10月1日起未付清。核验码 Ref: AAAA-BBBB",
}
WROTE = {"en": "I pay on Friday <b>& promise</b>", "zh-CN": "我周五付款，请不要再打电话"}
FOREIGN = ("Zoe Stranger", "+12025550199", "P-9", "A-9", "stranger's words")
"""Of somebody else: never in the file of P-1's case."""


def add_legal_case(engine: Engine, locale: str = "en") -> str:
    """Person P-1 with case A-1-1 that went through everything; person P-9 beside. Answers the case's id."""
    with writing(engine) as connection:
        for person, account, name, phone, its in (
            ("P-1", "A-1", NAMES[locale], "+12025550101", locale),
            ("P-9", "A-9", FOREIGN[0], FOREIGN[1], "en"),
        ):
            _add_person(connection, person, account, name, phone, its)
            _add_case(connection, f"{account}-1", account, person)
            words = SAID[locale] if person == "P-1" else FOREIGN[4]
            wrote = WROTE[locale] if person == "P-1" else FOREIGN[4]
            _add_history(connection, f"{account}-1", account, person, words, wrote)
            _add_escalation(connection, f"{account}-1", account)
    return "A-1-1"


def _add_person(connection: Connection, person: str, account: str, name: str, phone: str, locale: str) -> None:
    zone = ZONES[locale]
    _insert(
        connection,
        "person",
        person_id=person,
        full_name=name,
        locale=locale,
        jurisdiction="CN" if locale == "zh-CN" else "US",
        zones=[zone],
        created_at=NOW,
    )
    for channel, address, line in (
        ("sms", phone, "mobile"),
        ("letter", f"{8 if person == 'P-1' else 9} Sample Avenue\nSpringfield IL 62701", "unknown"),
    ):
        _insert(
            connection,
            "contact_point",
            contact_point_id=f"{person}:{channel}",
            person_id=person,
            channel=channel,
            address=address,
            line_type=line,
            preference=0,
        )
    currency = "CNY" if locale == "zh-CN" else "USD"
    _insert(
        connection,
        "account",
        account_id=account,
        person_id=person,
        creditor="Lantern Wallet",
        product="pay_later",
        currency=currency,
        zone=zone,
        balance_minor=128_050,
        ledger_version=3,
        ledger_as_of=NOW,
    )
    for version, (kind, amount) in enumerate((("charge", 130_000), ("fee", 8_050), ("payment", -10_000)), start=1):
        _insert(
            connection,
            "ledger_entry",
            entry_id=f"{account}:{version}",
            account_id=account,
            version=version,
            kind=kind,
            amount_minor=amount,
            at=NOW - 50 * DAY + version * DAY,
            recorded_at=NOW,
        )
    _insert(
        connection,
        "obligation",
        obligation_id=f"{account}:due",
        account_id=account,
        due_on=date(2026, 10, 1),
        amount_minor=130_000,
    )


def _add_case(connection: Connection, case_id: str, account: str, person: str) -> None:
    _insert(
        connection,
        "case",
        case_id=case_id,
        account_id=account,
        person_id=person,
        strategy="wallet-standard",
        strategy_version="abc",
        stage="legal_escalation",
        opened_at=NOW - 40 * DAY,
        opening_balance_minor=138_050,
        decisions=1,
    )


def _add_history(connection: Connection, case_id: str, account: str, person: str, words: str, wrote: str) -> None:
    at = NOW - 30 * DAY
    about = VerdictAbout(case_id=case_id, person_id=person, touch_key="reminder/one", channel=Channel.SMS, at=at)
    record_verdict(connection, about, a_deferral(at))
    record_verdict(connection, about, a_verdict())
    touch_id = f"{case_id}:reminder/one"
    _insert(
        connection,
        "touch",
        touch_id=touch_id,
        case_id=case_id,
        account_id=account,
        person_id=person,
        touch_key="reminder/one",
        channel="sms",
        contact_point_id=f"{person}:sms",
        reference="AAAA-BBBB",
        template="reminder_1",
        status="sent",
        at=at,
        attempted_at=at,
        sent_at=at,
        provider="twilio",
        provider_id="SM00000000000000000000000000000001",
        delivery="delivered",
        balance_minor=128_050,
    )
    said = Said(
        message_id=touch_id,
        attempted_at=at,
        channel=Channel.SMS,
        contact_point_id=f"{person}:sms",
        template="reminder_1",
        locale="en",
        subject="",
        body=words,
    )
    record_said(connection, said)
    _add_statements(connection, case_id, account, person, wrote)


def _add_statements(connection: Connection, case_id: str, account: str, person: str, wrote: str) -> None:
    """What the person said, and what people of ours decided."""
    at = NOW - 20 * DAY
    _insert(
        connection,
        "consent",
        consent_id=f"{person}:c",
        person_id=person,
        channel="sms",
        address="",
        permission="given",
        at=at,
        source="import",
        evidence="form 7",
    )
    _insert(
        connection,
        "hold",
        hold_id=f"{person}:h",
        person_id=person,
        account_id=account,
        kind="dispute",
        reason="wrong amount",
        owner="care",
        starts_at=at,
        released_at=at + DAY,
    )
    _insert(
        connection,
        "duty",
        hold_id=f"{person}:h",
        duty="verify",
        number=1,
        what="verify the amount",
        owner="care",
        opens_at=at,
        due_on=at.date(),
        due_at=at,
        needs_evidence=False,
        done_at=at + DAY,
        done_by="dana",
    )
    _insert(
        connection,
        "complaint",
        number=f"C-2026-{account}",
        hold_id=f"{person}:h",
        person_id=person,
        account_id=account,
        owner="care",
        received_at=at,
        acknowledge_by=at.date(),
        answer_by=at.date(),
    )
    _insert(
        connection,
        "reply",
        reply_id=f"{person}:r",
        person_id=person,
        account_id=account,
        channel="sms",
        written_from="",
        at=at,
        received_at=at,
        text=wrote,
        intents=["promise"],
        doubtful=[],
        rules="r1",
    )
    _insert(
        connection,
        "approval",
        approval_id=f"{case_id}/approval-1",
        case_id=case_id,
        requested_by="amicable",
        requested_at=at,
        expires_at=NOW,
        status="granted",
        decided_by="dana",
        decided_at=at + DAY,
        comment="seen",
        balance_minor=128_050,
    )
    _insert(
        connection,
        "decision",
        case_id=case_id,
        number=1,
        at=at,
        because="opened",
        action="contact",
        step_at=at,
        why="it is due",
    )
    _insert(
        connection,
        "inbox_event",
        event_id=f"{account}:pay",
        source="wallet",
        kind="payment",
        account_id=account,
        at=at,
        received_at=at,
        payload={},
    )


def _add_escalation(connection: Connection, case_id: str, account: str) -> None:
    """What was agreed and broken, who approved, what was attested, and a step that stands outside."""
    at = NOW - 10 * DAY
    for subject, says in (("contract", "archive box 7"), ("limitation", "open"), ("venue", "defendant's residence")):
        _insert(connection, "attestation", account_id=account, subject=subject, says=says, by="kim", at=at)
    _insert(
        connection,
        "agreement",
        case_id=case_id,
        agreed_as="promise:evt-7",
        agreed_at=at,
        payments=[["2026-11-15", 5_000]],
        interest_minor=[],
        baseline_minor=128_050,
        judgement="broken",
        judged_at=at + 5 * DAY,
    )
    _insert(
        connection,
        "relief",
        relief_id=f"{case_id}/relief-1",
        case_id=case_id,
        account_id=account,
        kind="fee_waiver",
        amount_minor=1_000,
        reason="goodwill",
        residual="kept",
        proposed_by="dana",
        proposed_as="",
        proposed_at=at,
        expires_at=NOW,
        balance_minor=128_050,
        ledger_version=3,
        status="proposed",
    )
    vote = {"approval_id": f"{case_id}/approval-1", "at": at}
    for role, voter in (("case_owner", "dana"), ("legal_counsel", "lee")):
        _insert(connection, "approval_vote", role=role, voter=voter, **vote)
    _insert(
        connection,
        "outside_step",
        key=f"{case_id}/pack",
        case_id=case_id,
        account_id=account,
        step_id="pack",
        kind="charge_off",
        approval_id=f"{case_id}/approval-1",
        status="taken",
        taken_at=at,
        reference="charge-off:1",
        why="CNY 1,280.50 were charged off",
    )


def _insert(connection: Connection, table: str, **values: Any) -> None:
    connection.execute(insert(getattr(schema, table)).values(**values))
