"""Every rule of contact fires where its law says so, and not at its edge."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.golden import GoldenCase, read_cases
from domain.compliance import addresses, conditions, frequency, holds, notices, optout, people, places, timing
from domain.compliance.facts import Act
from domain.compliance.profile import Rule
from domain.compliance.vocabulary import ActKind, Medium, Purpose
from tests.domain.compliance.acts import PROFILES, act, ask, calls, fired, inbound, past

GOLDEN = Path(__file__).parent / "golden_public.jsonl"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A rule, an act on which it fires, and one at its edge on which it does not."""

    rule: str
    of: str
    fires: dict[str, Any]
    spares: dict[str, Any]
    house: bool = False


SMS = {"channel": "sms"}
EMAIL = {"channel": "email"}
LETTER = {"channel": "letter"}
MOBILE = {"type": "mobile"}
MARKET = {"purpose": "marketing"}
NIGHT = [{"tz": "America/New_York", "days": [3], "from": "11:00", "to": "13:00"}]
BREATHING = {"breathing_space": {"type": "standard", "start": "2026-05-01", "days": 60}}


def flags(**facts: Any) -> dict[str, Any]:
    return {"flags": facts}


US_ROWS = [
    Row(rule="US-TIME-1", of="US", fires={"at": "2026-06-03T01:00:00Z"}, spares={"at": "2026-06-03T00:59:59Z"}),
    Row(
        rule="US-TIME-2",
        of="US",
        fires={"at": "2026-06-03T14:59:59Z", "zones": ["America/New_York", "America/Los_Angeles"]},
        spares={"at": "2026-06-03T15:00:00Z", "zones": ["America/New_York", "America/Los_Angeles"]},
    ),
    Row(
        rule="US-TIME-3",
        of="US",
        fires={"inconvenient": NIGHT},
        spares={"inconvenient": NIGHT, "at": "2026-06-03T17:00:00Z"},
    ),
    Row(
        rule="US-PLACE-1",
        of="US",
        fires={"address": {"type": "landline_home"}} | flags(home_inconvenient=True),
        spares={"address": MOBILE} | flags(home_inconvenient=True),
    ),
    Row(
        rule="US-PLACE-1",
        of="US",
        fires={"address": MOBILE} | flags(home_inconvenient=True, known_at_home=True),
        spares={"address": {"type": "landline_home"}} | flags(home_inconvenient=False, known_at_home=True),
    ),
    Row(
        rule="US-PLACE-2",
        of="US",
        fires={"address": {"type": "work_phone"}} | flags(employer_prohibits=True),
        spares={
            "address": {"type": "work_phone"},
            "consents": [{"type": "workplace_contact", "given_to": "collector", "utc": "2026-05-20T16:00:00Z"}],
        }
        | flags(employer_prohibits=True),
    ),
    Row(
        rule="US-BK-1",
        of="US",
        fires=LETTER | flags(bankrupt={"stage": "discharged"}),
        spares=LETTER | flags(bankrupt={"stage": "dismissed"}),
    ),
    Row(
        rule="US-DECEASED-1",
        of="US",
        fires=flags(deceased=True),
        spares=flags(deceased=True) | {"recipient": "executor"},
    ),
    Row(
        rule="US-CEASE-1",
        of="US",
        fires=LETTER | flags(cease={"received_utc": "2026-06-03T16:00:00Z"}),
        spares=LETTER | flags(cease={"sent": "2026-06-01", "received_utc": "2026-06-03T16:00:01Z"}),
    ),
    Row(
        rule="US-CEASE-1",
        of="US",
        fires=LETTER | flags(cease={"received_utc": "2026-06-01T16:00:00Z", "debt_ids": ["D1"]}),
        spares=LETTER | flags(cease={"received_utc": "2026-06-01T16:00:00Z", "debt_ids": ["D2"]}),
    ),
    Row(
        rule="US-ATTY-1",
        of="US",
        fires=flags(attorney={"known": True, "debt_ids": ["D1"]}),
        spares=flags(attorney={"known": True, "debt_ids": ["D2"]}),
    ),
    Row(
        rule="US-ATTY-1",
        of="US",
        fires=EMAIL | flags(attorney={"known": True}) | {"purpose": "reply"},
        spares=EMAIL
        | flags(attorney={"known": True})
        | {"purpose": "reply", "history": [inbound("2026-06-03T15:00:00Z", channel="email")]},
    ),
    Row(rule="US-3P-1", of="US", fires={"recipient": "contact"}, spares={"recipient": "guarantor"}),
    Row(
        rule="US-3P-2",
        of="US",
        fires={
            "recipient": "third_party",
            "purpose": "location",
            "history": calls(1, outcome="conversation", recipient="third_party"),
        },
        spares={
            "recipient": "third_party",
            "purpose": "location",
            "history": calls(1, recipient="third_party"),
        },
    ),
    Row(
        rule="US-3P-2",
        of="US",
        fires={"recipient": "third_party", "purpose": "location"} | flags(attorney={"known": True}),
        spares={"recipient": "third_party", "purpose": "location"} | flags(attorney={"known": False}),
    ),
    Row(
        rule="US-DISP-1",
        of="US",
        fires=flags(dispute={"received_utc": "2026-06-01T03:59:00Z", "in_writing": True}, validation_end="2026-05-31"),
        spares=flags(
            dispute={"received_utc": "2026-06-01T03:59:00Z", "in_writing": True, "verified": True},
            validation_end="2026-05-31",
        ),
    ),
    Row(
        rule="US-DISP-2",
        of="US",
        fires=flags(original_creditor_request={"received_utc": "2026-06-01T03:59:00Z"}, validation_end="2026-05-31"),
        spares=flags(original_creditor_request={"received_utc": "2026-06-01T04:00:00Z"}, validation_end="2026-05-31"),
    ),
    Row(
        rule="US-VAL-1",
        of="US",
        fires=flags(initial_communication="2026-05-28"),
        spares=flags(initial_communication="2026-05-29"),
    ),
    Row(
        rule="US-VAL-3",
        of="US",
        fires=EMAIL | {"purpose": "validation_notice"} | flags(in_initial_communication=False),
        spares=EMAIL | {"purpose": "validation_notice"} | flags(in_initial_communication=False, esign_consent=True),
    ),
    Row(
        rule="US-SEND-1",
        of="US",
        fires=EMAIL | {"purpose": "verification"} | flags(esign_consent=False),
        spares=LETTER | {"purpose": "verification"} | flags(esign_consent=False),
    ),
    Row(
        rule="US-MEDIA-1",
        of="US",
        fires=flags(opted_out=["call"]) | {"channel": "prerecorded_call"},
        spares=flags(opted_out=["call"]) | SMS,
    ),
    Row(
        rule="US-MEDIA-2",
        of="US",
        fires=SMS
        | {"purpose": "optout_confirmation"}
        | {
            "history": [inbound("2026-06-03T15:58:00Z", "STOP"), past("2026-06-03T15:59:00Z", "sms", "sent")],
        },
        spares=SMS | {"purpose": "optout_confirmation", "history": [inbound("2026-06-03T15:58:00Z", "STOP")]},
    ),
    Row(
        rule="US-MEDIA-3",
        of="US",
        fires=SMS
        | {
            "purpose": "reply",
            "history": [
                inbound("2026-06-01T15:00:00Z", "STOP"),
                inbound("2026-06-02T15:00:00Z", "How much?"),
                past("2026-06-02T15:01:00Z", "sms", "sent", purpose="reply"),
            ],
        },
        spares=SMS
        | {
            "purpose": "reply",
            "history": [inbound("2026-06-01T15:00:00Z", "STOP"), inbound("2026-06-02T15:00:00Z", "How much?")],
        },
    ),
    Row(
        rule="US-EMAIL-1",
        of="US",
        fires=EMAIL
        | {
            "address": {
                "type": "public_email",
                "procedure": "creditor_notice",
                "notice_sent": "2026-04-29",
                "optout_by": "2026-06-03",
            }
        },
        spares=EMAIL
        | {
            "at": "2026-06-04T16:00:00Z",
            "address": {
                "type": "public_email",
                "procedure": "creditor_notice",
                "notice_sent": "2026-04-29",
                "optout_by": "2026-06-03",
            },
        },
    ),
    Row(
        rule="US-EMAIL-1",
        of="US",
        fires=EMAIL
        | {
            "address": {
                "type": "public_email",
                "procedure": "creditor_notice",
                "notice_sent": "2026-04-02",
                "optout_by": "2026-05-06",
            }
        },
        spares=EMAIL
        | {
            "address": {
                "type": "public_email",
                "procedure": "creditor_notice",
                "notice_sent": "2026-04-01",
                "optout_by": "2026-05-06",
            }
        },
    ),
    Row(
        rule="US-EMAIL-1",
        of="US",
        fires=EMAIL | {"address": {"type": "public_email", "procedure": "consumer_call_only"}},
        spares=EMAIL | {"address": {"type": "public_email", "procedure": "consumer_used"}},
    ),
    Row(
        rule="US-EMAIL-2",
        of="US",
        fires=EMAIL | {"address": {"type": "work_email"}},
        spares=EMAIL | {"address": {"type": "work_email", "procedure": "prior_collector"}},
    ),
    Row(
        rule="US-SMS-1",
        of="US",
        fires=SMS | {"address": MOBILE | {"procedure": "consumer_call_only"}},
        spares=SMS | {"address": MOBILE | {"procedure": "consumer_text", "last_inbound_text": "2026-04-04"}},
    ),
    Row(
        rule="US-SMS-1",
        of="US",
        fires=SMS | {"address": MOBILE | {"procedure": "consumer_text", "last_inbound_text": "2026-04-03"}},
        spares=SMS | {"address": MOBILE | {"procedure": "direct_consent"}},
    ),
    Row(rule="US-SOCIAL-1", of="US", fires={"channel": "social_public"}, spares={"channel": "social_private"}),
    Row(rule="US-MAIL-1", of="US", fires={"channel": "postcard"}, spares=LETTER),
    Row(
        rule="US-TCPA-1",
        of="US",
        fires={"channel": "ai_call", "address": MOBILE},
        spares={
            "channel": "ai_call",
            "address": MOBILE,
            "consents": [{"type": "tcpa_express", "given_to": "creditor", "utc": "2025-01-01T15:00:00Z"}],
        },
    ),
    Row(
        rule="US-TCPA-1",
        of="US",
        fires={
            "channel": "prerecorded_call",
            "address": {"type": "landline_home"},
            "history": calls(5, 15, 25, month=5, channel="prerecorded_call"),
        },
        spares={
            "channel": "prerecorded_call",
            "address": {"type": "landline_home"},
            "history": calls(4, 15, 25, month=5, channel="prerecorded_call"),
        },
    ),
    Row(
        rule="US-TCPA-2",
        of="US",
        fires=SMS | {"history": [inbound("2026-06-01T15:00:00Z", "S-T-O-P, please!")]},
        spares=SMS | {"history": [inbound("2026-06-01T15:00:00Z", "I will come by on Friday")]},
    ),
    Row(
        rule="US-TCPA-2",
        of="US",
        fires=SMS | {"purpose": "optout_confirmation", "history": [inbound("2026-06-03T15:54:59Z", "STOP")]},
        spares=SMS | {"purpose": "optout_confirmation", "history": [inbound("2026-06-03T15:55:00Z", "STOP")]},
    ),
    Row(
        rule="US-TCPA-2",
        of="US",
        fires={
            "channel": "ai_call",
            "at": "2027-01-31T16:00:00Z",
            "history": [inbound("2026-06-01T15:00:00Z", "STOP")],
        },
        spares={
            "channel": "ai_call",
            "at": "2027-01-30T16:00:00Z",
            "history": [inbound("2026-06-01T15:00:00Z", "STOP")],
        },
    ),
    Row(
        rule="US-FREQ-1",
        of="US",
        fires={"history": calls(1, 1, 1, 2, 2, 2, 3, month=6, hour=13)},
        spares={"history": calls(1, 1, 1, 2, 2, 3, month=6, hour=13)},
    ),
    Row(
        rule="US-FREQ-2",
        of="US",
        fires={"history": calls(28, month=5, outcome="conversation")},
        spares={"history": calls(27, month=5, outcome="conversation")},
    ),
    Row(
        rule="US-FREQ-4",
        of="US",
        fires=SMS | {"history": calls(3, 3, 3, channel="sms", outcome="sent")},
        spares=SMS | {"history": calls(2, 3, 3, channel="sms", outcome="sent")},
    ),
    Row(
        rule="US-FREQ-4",
        of="US",
        fires=EMAIL
        | {
            "history": calls(28, 29, 30, month=5, channel="sms", outcome="sent")
            + calls(1, 1, 2, 2, channel="push", outcome="sent")
        },
        spares=EMAIL
        | {
            "history": calls(27, 29, 30, month=5, channel="sms", outcome="sent")
            + calls(1, 1, 2, 2, channel="push", outcome="sent")
        },
    ),
    Row(
        rule="US-FREQ-4",
        of="US",
        fires=SMS
        | {"history": calls(28, 29, 30, 31, month=5, channel="sms", outcome="sent") + calls(1, 1, 1, 2, 2, 2)},
        spares=SMS | {"history": calls(29, 30, 31, month=5, channel="sms", outcome="sent") + calls(1, 1, 1, 2, 2, 2)},
    ),
    Row(
        rule="US-FREQ-4",
        of="US",
        fires={"history": calls(3, 3, 3, channel="sms", outcome="sent")},
        spares={"history": [*calls(3, 3, 3, channel="sms", outcome="sent"), inbound("2026-06-03T15:30:00Z")]},
    ),
    Row(
        rule="US-FREQ-4",
        of="US",
        fires={"history": calls(28, 29, 30, 31, month=5, channel="sms", outcome="sent") + calls(1, 1, 1, 2, 2, 2)},
        spares={"history": calls(29, 30, 31, month=5, channel="sms", outcome="sent") + calls(1, 1, 1, 2, 2, 2)},
    ),
    Row(
        rule="US-FREQ-4",
        of="US",
        fires={"history": calls(3, 3, 3, 3, 3, hour=13)},
        spares={"history": calls(2, 3, 3, 3, 3, hour=13)},
    ),
    Row(
        rule="US-FREQ-4",
        of="US",
        fires={"history": [past("2026-06-03T15:55:00Z")]},
        spares={"history": [past("2026-06-03T15:54:59Z")]},
    ),
    Row(
        rule="US-FREQ-4",
        of="US",
        fires={
            "history": calls(28, 29, 30, 31, month=5, channel="email", outcome="sent")
            + calls(1, 2, 2, channel="sms", outcome="sent")
        },
        spares={
            "history": calls(29, 30, 31, month=5, channel="email", outcome="sent")
            + calls(1, 2, 2, channel="sms", outcome="sent")
        },
    ),
    Row(
        rule="US-FREQ-4",
        of="US",
        fires=SMS | {"history": calls(28, 29, 30, 31, month=5) + calls(1, 2, 2)},
        spares=SMS | {"history": calls(29, 30, 31, month=5) + calls(1, 2, 2)},
    ),
    Row(
        rule="US-FREQ-168H",
        of="US",
        fires={"history": calls(27, month=5, outcome="conversation", hour=17)},
        spares={"history": calls(27, month=5, outcome="conversation", hour=15)},
    ),
    Row(
        rule="HOUSE-CAP-1",
        of="US",
        house=True,
        fires=SMS
        | {
            "history": calls(28, 30, month=5, channel="email", outcome="sent")
            + calls(1, channel="push", outcome="sent")
        },
        spares=SMS
        | {
            "history": calls(27, 30, month=5, channel="email", outcome="sent")
            + calls(1, channel="push", outcome="sent")
        },
    ),
]
CREDITOR = {"role": "creditor"}
STATE_ROWS = [
    *(
        Row(
            rule="US-TIME-1",
            of=code,
            fires=CREDITOR | {"at": "2026-06-03T11:59:59Z"},
            spares=CREDITOR | {"at": "2026-06-03T12:00:00Z"},
        )
        for code in ("US-MA", "US-NYC", "US-CA")
    ),
    *(
        Row(
            rule="US-TIME-3",
            of=code,
            fires=CREDITOR | {"inconvenient": NIGHT},
            spares=CREDITOR | {"inconvenient": NIGHT, "at": "2026-06-03T17:00:00Z"},
        )
        for code in ("US-MA", "US-NYC", "US-CA")
    ),
    Row(
        rule="US-MA-FREQ-1",
        of="US-MA",
        fires=CREDITOR | {"history": calls(28, month=5) + calls(1, channel="sms", outcome="sent")},
        spares=CREDITOR
        | {"history": calls(28, month=5, outcome="voicemail_full") + calls(1, channel="sms", outcome="sent")},
    ),
    Row(
        rule="US-MA-FREQ-1",
        of="US-MA",
        fires=CREDITOR | {"address": {"type": "work_phone"}, "history": calls(5, 20, month=5)},
        spares=CREDITOR | {"address": {"type": "work_phone"}, "history": calls(4, 20, month=5)},
    ),
    Row(
        rule="US-FL-TIME-1",
        of="US-FL",
        fires=CREDITOR | SMS | {"at": "2026-06-03T01:00:00Z"},
        spares=CREDITOR | EMAIL | {"at": "2026-06-03T01:00:00Z"},
    ),
    Row(
        rule="US-FL-TIME-1",
        of="US-FL",
        fires=CREDITOR | EMAIL | {"at": "2025-05-16T01:00:00Z"},
        spares=CREDITOR | EMAIL | {"at": "2025-05-17T01:00:00Z"},
    ),
    Row(
        rule="US-FL-TIME-1",
        of="US-FL",
        fires=CREDITOR | SMS | MARKET | {"at": "2026-06-03T00:00:00Z"},
        spares=CREDITOR | SMS | {"at": "2026-06-03T00:00:00Z"},
    ),
    Row(
        rule="US-FL-FREQ-1",
        of="US-FL",
        fires=CREDITOR | MARKET | {"at": "2026-06-03T14:59:59Z", "history": calls(2, 2, 2, purpose="marketing")},
        spares=CREDITOR | MARKET | {"at": "2026-06-03T15:00:00Z", "history": calls(2, 2, 2, purpose="marketing")},
    ),
    Row(
        rule="US-NYC-FREQ-1",
        of="US-NYC",
        fires=CREDITOR
        | {
            "at": "2026-09-01T14:00:00Z",
            "history": calls(26, 27, month=8) + calls(28, month=8, channel="letter", outcome="sent"),
        },
        spares=CREDITOR
        | {
            "at": "2026-08-31T14:00:00Z",
            "history": calls(26, 27, month=8) + calls(28, month=8, channel="letter", outcome="sent"),
        },
    ),
    Row(
        rule="US-NYC-ECON-1",
        of="US-NYC",
        fires=CREDITOR | EMAIL | {"at": "2026-09-01T04:00:00Z"},
        spares=CREDITOR | EMAIL | {"at": "2026-09-01T03:59:59Z"},
    ),
]
OTHER_ROWS = [
    Row(rule="CN-TIME-1", of="CN", fires={"at": "2026-06-02T23:59:59Z"}, spares={"at": "2026-06-03T00:00:00Z"}),
    Row(rule="CN-BK-1", of="CN", fires=flags(cn_shenzhen_bankruptcy=True), spares=flags(cn_shenzhen_bankruptcy=False)),
    Row(
        rule="CN-3P-1",
        of="CN",
        fires={"recipient": "contact", "purpose": "relay"} | flags(debtor_reachable=True),
        spares={"recipient": "contact", "purpose": "relay"} | flags(debtor_reachable=False),
    ),
    Row(
        rule="CN-3P-3",
        of="CN",
        fires={"recipient": "contact"} | flags(debtor_reachable=False),
        spares={"recipient": "guarantor"} | flags(debtor_reachable=False),
    ),
    Row(
        rule="CN-3P-2",
        of="CN",
        fires={"recipient": "contact", "purpose": "relay"} | flags(debtor_reachable=False, contact_refused=True),
        spares={"recipient": "contact", "purpose": "relay"} | flags(debtor_reachable=False, contact_refused=False),
    ),
    Row(
        rule="CN-OPT-1",
        of="CN",
        fires=SMS | {"history": [inbound("2026-06-01T02:00:00Z", "退订")]},
        spares={"history": [inbound("2026-06-01T02:00:00Z", "退订")]},
    ),
    Row(
        rule="CN-CHANNEL-1",
        of="CN",
        fires={"role": "outsourced", "channel": "private_im"},
        spares={"role": "outsourced", "channel": "private_im"} | flags(contact_consented=True),
    ),
    Row(
        rule="CN-ASSIGN-1",
        of="CN",
        fires={"role": "assignee"} | flags(assignment_notified=False),
        spares={"role": "assignee"} | flags(assignment_notified=True),
    ),
    Row(
        rule="CN-VISIT-1",
        of="CN",
        fires={"channel": "visit"} | flags(visit_staff=1),
        spares={"channel": "visit"} | flags(visit_staff=2),
    ),
    Row(
        rule="CN-LOC-1",
        of="CN",
        fires={"channel": "visit"} | flags(visit_staff=2, place="office_inside"),
        spares={"channel": "visit"} | flags(visit_staff=2, place="office_inside", place_consent=True),
    ),
    Row(
        rule="CN-FREQ-1",
        of="CN",
        fires={"history": calls(3, 3, 3, outcome="conversation", hour=2, channel="ai_call")},
        spares={"history": calls(2, 3, 3, outcome="conversation", hour=2, channel="ai_call")},
    ),
    Row(
        rule="CN-FREQ-2",
        of="CN",
        fires={"history": calls(*[3] * 6, hour=2)},
        spares={"history": calls(*[3] * 5, hour=2)},
    ),
    Row(
        rule="CN-FREQ-3",
        of="CN",
        fires={"channel": "visit", "history": calls(3, channel="visit", outcome="met", hour=2)},
        spares={"channel": "visit", "history": calls(2, channel="visit", outcome="met", hour=2)},
    ),
    Row(rule="UK-TIME-1", of="UK", fires={"at": "2026-06-03T20:00:00Z"}, spares={"at": "2026-06-03T19:59:59Z"}),
    Row(
        rule="UK-TIME-2",
        of="UK",
        fires={"inconvenient": [{"tz": "Europe/London", "days": [3], "from": "11:00", "to": "24:00"}]},
        spares={"inconvenient": [{"tz": "Europe/London", "days": [3], "from": "11:00", "to": "12:00"}]},
    ),
    Row(rule="UK-TIME-2", of="UK", fires=SMS | flags(opted_out=["sms"]), spares=LETTER | flags(opted_out=["sms"])),
    Row(
        rule="UK-BS-1",
        of="UK",
        fires=LETTER | {"flags": BREATHING, "at": "2026-06-30T06:59:59Z"},
        spares=LETTER | {"flags": BREATHING, "at": "2026-06-30T07:00:00Z"},
    ),
    Row(
        rule="UK-BS-3",
        of="UK",
        fires=flags(breathing_space={"type": "mental_health", "start": "2026-01-01", "treatment_ended": "2026-05-04"}),
        spares=flags(breathing_space={"type": "mental_health", "start": "2026-01-01", "treatment_ended": "2026-05-03"}),
    ),
    Row(
        rule="UK-VULN-1",
        of="UK",
        fires=flags(mental_capacity_concern=True),
        spares=flags(mental_capacity_concern=True) | {"recipient": "attorney_under_lpa"},
    ),
    Row(
        rule="UK-DISP-1", of="UK", fires=flags(dispute={"grounds": "amount"}), spares=flags(dispute={"resolved": True})
    ),
    Row(
        rule="UK-ADVICE-1",
        of="UK",
        fires=flags(debt_advice_hold={"start": "2026-05-05"}),
        spares=flags(debt_advice_hold={"start": "2026-05-04"}),
    ),
    Row(rule="UK-CONTACT-1", of="UK", fires={"recipient": "third_party"}, spares={"recipient": "debt_advisor"}),
    Row(
        rule="UK-PECR-1",
        of="UK",
        fires=MARKET | flags(marketing_objection=True),
        spares=flags(marketing_objection=True),
    ),
    Row(
        rule="UK-PECR-1",
        of="UK",
        fires=MARKET | SMS,
        spares=MARKET | SMS | {"consents": [{"type": "marketing", "utc": "2026-05-01T09:00:00Z"}]},
    ),
    Row(rule="EU-TIME-1", of="EU", fires={"at": "2026-06-07T10:00:00Z"}, spares={"at": "2026-06-06T10:00:00Z"}),
    Row(rule="EU-NPL-1", of="EU", fires={"recipient": "third_party"}, spares={"recipient": "guarantor"}),
    Row(
        rule="EU-NPL-2",
        of="EU",
        fires={"role": "credit_purchaser"} | flags(transfer_notice_sent=False),
        spares={"role": "credit_purchaser"} | flags(transfer_notice_sent=True),
    ),
    Row(
        rule="EU-GDPR-21",
        of="EU",
        fires=MARKET | flags(marketing_objection=True),
        spares=flags(marketing_objection=True),
    ),
    Row(rule="IN-TIME-1", of="IN", fires={"at": "2026-06-03T13:30:00Z"}, spares={"at": "2026-06-03T13:29:59Z"}),
    Row(rule="IN-3P-1", of="IN", fires={"recipient": "spouse"}, spares={"recipient": "guarantor"}),
    Row(
        rule="IN-AGENT-1",
        of="IN",
        fires={"role": "outsourced"} | flags(agent_details_sent=False),
        spares={"role": "outsourced"} | flags(agent_details_sent=True),
    ),
    Row(rule="IN-EVENT-1", of="IN", fires=flags(bereavement=True), spares=flags(bereavement=False)),
    Row(rule="IN-EVENT-1", of="IN", fires=flags(calamity=True), spares=flags(marriage=False)),
    Row(
        rule="IN-EVENT-1",
        of="IN",
        fires={"inconvenient": [{"tz": "Asia/Kolkata", "days": [3], "from": "10:00", "to": "13:00"}]},
        spares={"inconvenient": [{"tz": "Asia/Kolkata", "days": [3], "from": "10:00", "to": "10:30"}]},
    ),
    Row(rule="ID-TIME-1", of="ID", fires={"at": "2026-06-03T13:00:00Z"}, spares={"at": "2026-06-03T12:59:59Z"}),
    Row(rule="ID-TIME-2", of="ID", fires={"at": "2026-08-17T05:00:00Z"}, spares={"at": "2026-08-18T05:00:00Z"}),
    Row(
        rule="ID-3P-1",
        of="ID",
        fires={"recipient": "emergency_contact", "purpose": "confirm_whereabouts"}
        | flags(contact_consented=True, debtor_reachable=True),
        spares={"recipient": "emergency_contact", "purpose": "confirm_whereabouts"}
        | flags(contact_consented=True, debtor_reachable=False),
    ),
    Row(
        rule="SG-LIC-1",
        of="SG",
        fires={"role": "outsourced"} | flags(agency_licensed=False),
        spares={"role": "outsourced"} | flags(agency_licensed=True),
    ),
    Row(rule="SG-TIME-1", of="SG", fires={"at": "2026-06-03T12:00:00Z"}, spares={"at": "2026-06-03T11:59:59Z"}),
]
HOUSE_ROWS = [
    row
    for code, zone in (
        ("CN", "Asia/Shanghai"),
        ("EU", "Europe/Berlin"),
        ("IN", "Asia/Kolkata"),
        ("ID", "Asia/Jakarta"),
        ("SG", "Asia/Singapore"),
        ("UK", "Europe/London"),
    )
    for row in (
        Row(
            rule="HOUSE-CAP-1",
            of=code,
            house=True,
            fires=SMS | {"history": calls(1, 2, 2, channel="email", outcome="sent", hour=4)},
            spares=SMS | {"history": calls(1, 2, channel="email", outcome="sent", hour=4)},
        ),
        Row(
            rule="HOUSE-TIME-1",
            of=code,
            house=True,
            fires={"inconvenient": [{"tz": zone, "days": [3], "from": "11:00", "to": "13:00"}]},
            spares={"inconvenient": [{"tz": zone, "days": [3], "from": "11:00", "to": "12:00"}]},
        ),
        Row(
            rule="HOUSE-OPT-1",
            of=code,
            house=True,
            fires=EMAIL | flags(opted_out=["email"]),
            spares=SMS | flags(opted_out=["email"]),
        ),
    )
    if any(rule.id == row.rule for rule in PROFILES[code].rules)
]
ROWS = US_ROWS + STATE_ROWS + OTHER_ROWS + HOUSE_ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.of}:{row.rule}")
def test_a_rule_fires_where_its_law_says_so_and_not_at_its_edge(row: Row) -> None:
    assert row.rule in fired(ask(act(row.of, **row.fires), law_alone=not row.house))
    assert row.rule not in fired(ask(act(row.of, **row.spares), law_alone=not row.house))


OURS = (addresses, conditions, frequency, holds, notices, optout, people, places, timing)
KINDS = {name for module in OURS for name in vars(module)}


def _acts() -> Iterator[tuple[Act, bool]]:
    for row in ROWS:
        yield act(row.of, **row.fires), not row.house
    with GOLDEN.open(encoding="utf-8") as lines:
        for case in read_cases(lines):
            assert isinstance(case, GoldenCase)
            yield case.act, True


LEGAL = {Medium.LEGAL_REFERRAL, Medium.LEGAL_ACTION}


def _is_about_contact(rule: Rule) -> bool:
    """Whether it is one of ours; suits, amounts and texts have tables of their own."""
    scope = rule.scope
    to_sue = scope.purposes == {Purpose.FILE_SUIT} or (bool(scope.channels) and scope.channels <= LEGAL)
    return type(rule.terms).__name__ in KINDS and ActKind.CONTACT in scope.acts and not to_sue


def _says_something(rule: Rule, asked: Act) -> bool:
    heard = rule.terms.evaluate(rule, asked) or rule.terms.next_allowed(rule, asked, asked.at)
    return heard is not None and rule.in_force(asked.at, asked.zone_names)


def test_every_rule_of_contact_in_every_file_fires_in_some_row_or_worked_case() -> None:
    heard: set[int] = set()
    for asked, law_alone in _acts():
        profile = PROFILES[asked.jurisdiction]
        selection = profile.select(asked, law_alone=law_alone)
        heard |= {id(rule) for rule in (*selection.judging, *selection.moving) if _says_something(rule, asked)}
    inherited = {
        code: {id(rule) for rule in PROFILES[parent].rules}
        for code, profile in PROFILES.items()
        for parent in profile.lineage
    }
    silent = [
        (code, rule.id, type(rule.terms).__name__)
        for code, profile in PROFILES.items()
        for rule in profile.rules
        if _is_about_contact(rule) and id(rule) not in heard | inherited.get(code, set())
    ]
    assert silent == [], "\n".join(map(str, silent))
