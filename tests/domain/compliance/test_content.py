"""What a text may not say, must say and must declare, rule by rule; each fires once and stays silent at its edge."""

from typing import Any

import pytest

from domain.compliance.verdict import Effect
from tests.domain.compliance.worked import PROFILES, ask, barring

PLAIN = "This is Riverside about your account ending 1234. Reply STOP to opt out."
VOICEMAIL: dict[str, Any] = {"channel": "voicemail", "purpose": "limited_content", "disclosures": ["identity"]}
LOCATION: dict[str, Any] = {"channel": "call", "recipient": "third_party", "purpose": "location"}
LEFT = "Hi, this is Robin Smith calling from ABC Inc. Please call me at 1-800-555-1212."

FIRES: list[tuple[str, str, dict[str, Any]]] = [
    ("US-CONTENT-ARREST", "US", {"text": "or a warrant for your arrest"}),
    ("US-CONTENT-ARREST", "US", {"text": "you committed fraud", "role": "creditor"}),
    ("US-CONTENT-ABUSE", "US", {"text": "you deadbeat"}),
    ("US-CONTENT-ABUSE", "US", {"text": "we know where you live"}),
    ("US-CONTENT-AUTH", "US", {"text": "this is the police"}),
    ("US-CONTENT-ATTY", "US", {"text": "I am an attorney"}),
    ("US-CONTENT-THREAT", "US", {"text": "we will sue you"}),
    ("US-CONTENT-THREAT", "US", {"text": "we will s.u.e you"}),
    ("US-CONTENT-THREAT", "US", {"text": "you will be qisu", "lang": ""}),
    ("US-CONTENT-THREAT", "US", {"text": "我们将起诉你，明天起诉", "lang": ""}),
    ("US-CONTENT-3P", "US", {"text": "we will tell your employer"}),
    ("US-TBD-1", "US", {"text": "we will sue", "flags": {"time_barred": True, "legal_action_approved": True}}),
    ("US-VAL-4", "US", {"text": "pay immediately or", "flags": {"in_validation_period": True}}),
    ("US-VAL-4", "US", {"text": "final notice", "flags": {"validation_end": "2026-06-04"}}),
    ("US-AMOUNT-1", "US", {"text": "a collection fee of $25"}),
    ("US-AMOUNT-1", "US", {"text": PLAIN, "flags": {"fee_authorised": False}}),
    ("US-DISC-1", "US", {"text": PLAIN, "purpose": "initial", "disclosures": ["info_used", "optout"]}),
    (
        "US-DISC-1",
        "US",
        {
            "text": PLAIN,
            "disclosures": ["from_debt_collector", "optout"],
            "history": [
                {
                    "utc": "2026-06-01T15:00:00Z",
                    "channel": "call",
                    "dir": "out",
                    "outcome": "conversation",
                    "debt_ids": [],
                }
            ],
        },
    ),
    ("US-DISC-2", "US", {"text": PLAIN, "disclosures": ["identity", "optout"]}),
    ("US-DISC-3", "US", {"text": "Su cuenta [English-only disclosure]", "lang": "es"}),
    ("US-DISC-4", "US", {"text": "Hello", "channel": "call", "disclosures": ["from_debt_collector"]}),
    ("US-OPTOUT-1", "US", {"text": PLAIN, "disclosures": ["identity", "from_debt_collector"]}),
    (
        "US-SOCIAL-2",
        "US",
        {"text": "Connect?", "channel": "social_private", "purpose": "connection_request", "disclosures": ["optout"]},
    ),
    ("US-LCM-1", "US", {"text": LEFT, **VOICEMAIL, "recipient": "third_party"}),
    ("US-LCM-1", "US", {"text": LEFT.replace("ABC Inc", "ABC Debt Services"), **VOICEMAIL}),
    ("US-LCM-1", "US", {"text": f"{LEFT} It is about your card.", **VOICEMAIL}),
    ("US-LCM-1", "US", {"text": f"{LEFT} Regarding Your Case.", **VOICEMAIL}),
    ("US-LCM-1", "US", {"text": "This is Robin Smith from ABC Inc. Please call me.", **VOICEMAIL}),
    ("US-LCM-1", "US", {"text": "This is Robin Smith. Please call 1-800-555-1212.", **VOICEMAIL}),
    ("US-LCM-1", "US", {"text": "This is Robin Smith from ABC Inc at 1-800-555-1212.", **VOICEMAIL}),
    ("US-3P-2", "US", {"text": "This is Robin. Pat owes a debt; confirm his address?", **LOCATION}),
    ("US-3P-2", "US", {"text": "This is Robin from Riverside, confirming the location of Pat.", **LOCATION}),
    ("US-3P-2", "US", {"text": "This is Robin. Is Pat Doe there?", **LOCATION}),
    ("US-MAIL-1", "US", {"text": "[ENVELOPE: FINAL NOTICE]", "channel": "letter", "disclosures": []}),
    ("US-MAIL-1", "US", {"text": "[ENVELOPE: Riverside Debt Recovery, PO Box 5]", "channel": "letter"}),
    ("US-TCPA-4", "US", {"text": "This is Riverside.", "channel": "prerecorded_call"}),
    (
        "US-VAL-3",
        "US",
        {"text": PLAIN, "purpose": "validation_notice", "channel": "letter", "flags": {"missing_fields": ["fees"]}},
    ),
    ("CN-CONTENT-AUTH", "CN", {"text": "这里是法院执行局", "lang": "zh"}),
    ("CN-CONTENT-CRIME", "CN", {"text": "移送经侦", "lang": "zh"}),
    ("CN-CONTENT-BLACKLIST", "CN", {"text": "列入失信黑名单", "lang": "zh"}),
    ("CN-CONTENT-SUIT", "CN", {"text": "明天起诉", "lang": "zh"}),
    ("CN-CONTENT-SUIT", "CN", {"text": "明天qi诉", "lang": "zh"}),
    (
        "CN-CONTENT-SUIT",
        "CN",
        {"text": "将起诉", "lang": "zh", "flags": {"legal_action_approved": True, "time_barred": True}},
    ),
    ("CN-CONTENT-3P", "CN", {"text": "打给你通讯录", "lang": "zh"}),
    ("CN-CONTENT-ABUSE", "CN", {"text": "老赖", "lang": "zh"}),
    ("CN-CONTENT-VIOLENCE", "CN", {"text": "让你好看", "lang": "zh"}),
    ("CN-CONTENT-BORROW", "CN", {"text": "借钱来还上", "lang": "zh"}),
    ("CN-CONTENT-FEE", "CN", {"text": "上门费另付", "lang": "zh"}),
    ("CN-CONTENT-PAY", "CN", {"text": "转到我微信", "lang": "zh"}),
    ("CN-CONTENT-PUBLIC", "CN", {"text": "小区张贴", "lang": "zh"}),
    ("CN-ID-1", "CN", {"text": "您的借款已到期", "lang": "zh", "disclosures": []}),
    ("CN-SMS-1", "CN", {"text": "新贷款优惠，点击办理", "lang": "zh", "disclosures": ["identity"]}),
    ("CN-SMS-1", "CN", {"text": "您好", "lang": "zh", "purpose": "marketing", "disclosures": ["identity"]}),
    ("UK-MISREP-1", "UK", {"text": "on behalf of the bailiffs", "channel": "letter"}),
    ("UK-MISREP-2", "UK", {"text": "We will take you to court", "channel": "letter"}),
    ("UK-CONTACT-1", "UK", {"text": "you missed a delivery", "channel": "letter"}),
    ("UK-CONTACT-1", "UK", {"text": "Call us on 0900 123 4567", "channel": "letter"}),
    ("UK-PRESS-1", "UK", {"text": "sell your car", "channel": "letter"}),
    ("UK-CLEAR-1", "UK", {"text": "Please call", "channel": "letter", "disclosures": []}),
    (
        "UK-SB-1",
        "UK",
        {"text": "we will sue", "channel": "letter", "flags": {"time_barred": True, "legal_action_approved": True}},
    ),
    ("EU-NPL-1", "EU", {"text": "we will tell your employer"}),
    ("IN-3P-1", "IN", {"text": "we will tell your family"}),
    ("ID-3P-1", "ID", {"text": "you deadbeat"}),
    ("SG-POHA-1", "SG", {"text": "watch your back"}),
]

SILENT: list[tuple[str, str, dict[str, Any]]] = [
    ("US-CONTENT-ARREST", "US", {"text": "an arresting view; your warranty; fraud? tell us"}),
    ("US-CONTENT-ATTY", "US", {"text": "I am an attorney", "flags": {"sender_is_attorney": True}}),
    ("US-CONTENT-THREAT", "US", {"text": "we will sue you", "flags": {"legal_action_approved": True}}),
    ("US-CONTENT-THREAT", "US", {"text": "we seize your car", "flags": {"seizure_lawful_and_intended": True}}),
    ("US-TBD-1", "US", {"text": "a neutral reminder", "flags": {"time_barred": True}}),
    ("US-VAL-4", "US", {"text": "final notice"}),
    ("US-VAL-4", "US", {"text": "final notice", "flags": {"validation_end": "2026-06-03"}}),
    ("US-AMOUNT-1", "US", {"text": "a collection fee of $25", "flags": {"fee_authorised": True}}),
    ("US-DISC-1", "US", {"text": PLAIN, "purpose": "initial"}),
    ("US-DISC-1", "US", {"text": PLAIN, "disclosures": ["from_debt_collector", "optout"]}),
    ("US-DISC-2", "US", {"text": PLAIN, "disclosures": ["optout"], "role": "creditor"}),
    ("US-DISC-2", "US", {"text": "You have opted out.", "purpose": "optout_confirmation", "disclosures": []}),
    ("US-DISC-2", "US", {"text": "[ENVELOPE: Riverside, PO Box 5]", "channel": "letter", "disclosures": []}),
    ("US-DISC-3", "US", {"text": "Your account [English-only disclosure]", "lang": "en"}),
    ("US-DISC-3", "US", {"text": "Su cuenta, de un cobrador de deudas", "lang": "es"}),
    ("US-DISC-4", "US", {"text": "Hello", "disclosures": ["from_debt_collector", "optout"]}),
    ("US-OPTOUT-1", "US", {"text": PLAIN, "channel": "letter", "disclosures": ["from_debt_collector"]}),
    (
        "US-SOCIAL-2",
        "US",
        {"text": "A debt collector asks to connect", "channel": "social_private", "purpose": "connection_request"},
    ),
    ("US-LCM-1", "US", {"text": LEFT, **VOICEMAIL}),
    (
        "US-LCM-1",
        "US",
        {
            "text": "Good morning Pat, this is J. Bill from Acme & Sons. You may speak to any of our "
            "associates: please call 212 555 0100 on Friday between 9 a.m. and noon.",
            **VOICEMAIL,
        },
    ),
    ("US-3P-2", "US", {"text": "This is Robin. I'm confirming location information for Pat Doe.", **LOCATION}),
    ("US-3P-2", "US", {"text": "You asked: this is Robin. I am correcting the address of Pat.", **LOCATION}),
    ("US-MAIL-1", "US", {"text": "[ENVELOPE: Riverside, 1 Main Street, Albany NY 12207]", "channel": "letter"}),
    ("US-TCPA-4", "US", {"text": "This is Riverside, 1-800-555-1212.", "channel": "prerecorded_call"}),
    ("US-VAL-3", "US", {"text": PLAIN, "purpose": "validation_notice", "channel": "letter"}),
    ("CN-CONTENT-SUIT", "CN", {"text": "将起诉", "lang": "zh", "flags": {"legal_action_approved": True}}),
    ("CN-CONTENT-CRIME", "CN", {"text": "涉嫌诈骗罪", "lang": "zh", "flags": {"criminal_fact_verified": True}}),
    ("CN-ID-1", "CN", {"text": "您的借款已到期", "lang": "zh", "disclosures": ["identity"]}),
    ("CN-SMS-1", "CN", {"text": "您的借款已逾期3天", "lang": "zh", "disclosures": ["identity"]}),
    ("CN-SMS-1", "CN", {"text": "分期8折，拒收请回复R", "lang": "zh", "disclosures": ["identity"]}),
    ("UK-CONTACT-1", "UK", {"text": "Call us on 0800 123 4567 or 020 7946 0000", "channel": "letter"}),
    ("UK-CLEAR-1", "UK", {"text": "This is WalletPay", "channel": "letter", "disclosures": ["identity"]}),
    ("UK-SB-1", "UK", {"text": "a neutral reminder", "channel": "letter", "flags": {"time_barred": True}}),
    ("EU-NPL-1", "EU", {"text": "Your balance is open."}),
]


@pytest.mark.parametrize(("rule", "where", "given"), FIRES, ids=[f"{n}-{each[0]}" for n, each in enumerate(FIRES)])
def test_a_text_that_breaks_a_rule_is_denied_by_it(rule: str, where: str, given: dict[str, Any]) -> None:
    verdict = ask(where, **given)
    assert verdict.decision == "deny"
    assert rule in barring(verdict)


@pytest.mark.parametrize(("rule", "where", "given"), SILENT, ids=[f"{n}-{each[0]}" for n, each in enumerate(SILENT)])
def test_a_text_at_the_edge_of_a_rule_is_not_denied_by_it(rule: str, where: str, given: dict[str, Any]) -> None:
    assert rule not in barring(ask(where, **given))


def test_a_warning_lint_alone_denies_nothing_and_asks_for_a_human() -> None:
    verdict = ask("US", text="This is your final notice.")
    assert verdict.decision == "allow"
    assert "HUMAN_REVIEW" in verdict.warnings
    assert [each.lint for each in verdict.fired if each.effect is Effect.WARN] == ["LINT-EN-FALSE-URGENCY"]


def test_a_denial_for_words_names_the_lint_and_not_the_words() -> None:
    verdict = ask("CN", text="通知王小明的家人", lang="zh")
    assert [each.lint for each in verdict.fired if each.rule == "CN-CONTENT-3P"] == ["LINT-ZH-THIRDPARTY"]
    assert "王小明" not in verdict.why


@pytest.mark.parametrize(
    ("rule", "where", "given", "silent"),
    [
        ("CN-ID-2", "CN", {"text": "您好", "lang": "zh", "channel": "call"}, "您好，本次通话将录音"),
        ("UK-CLEAR-1", "UK", {"text": "Please call", "channel": "letter"}, "Free debt advice: StepChange"),
    ],
)
def test_what_should_be_said_and_is_not_is_worth_a_warning(
    rule: str, where: str, given: dict[str, Any], silent: str
) -> None:
    verdict = ask(where, **given)
    assert verdict.decision == "allow"
    assert rule in verdict.warnings
    assert rule not in ask(where, **given | {"text": silent}).warnings


@pytest.mark.parametrize(
    ("where", "text", "lint"),
    [
        ("CN", "最后一次机会", "LINT-ZH-DEADLINE"),
        ("UK", "This is your final notice", "LINT-EN-FALSE-URGENCY"),
        ("EU", "a collection fee", "LINT-EN-UNAUTH-FEE"),
        ("SG", "you will be blacklisted", "LINT-EN-FALSE-CREDIT"),
    ],
)
def test_pressure_that_no_rule_forbids_outright_wants_a_human(where: str, text: str, lint: str) -> None:
    verdict = ask(where, text=text, lang="")
    assert verdict.decision == "allow"
    assert "HUMAN_REVIEW" in verdict.warnings
    assert lint in {each.lint for each in verdict.fired}


@pytest.mark.parametrize(("lacking", "denied"), [(["complaint authority"], True), ([], False)])
def test_the_first_letter_after_a_transfer_lacks_nothing(lacking: list[str], denied: bool) -> None:
    flags = {"missing_fields": lacking, "transfer_notice_sent": True}
    verdict = ask("EU", kind="contact", role="credit_purchaser", channel="letter", purpose="initial", flags=flags)
    assert ("EU-NPL-2" in barring(verdict)) is denied


def test_an_act_without_a_text_is_no_matter_of_content() -> None:
    assert ask("US", channel="letter").decision == "allow"


@pytest.mark.parametrize("where", sorted(PROFILES))
def test_every_jurisdiction_has_a_rule_for_every_lint_that_blocks(where: str) -> None:
    from config.lints import load_lints
    from domain.compliance.content import ForbiddenText

    rules = PROFILES[where].rules
    screened = {lint.id for rule in rules if isinstance(rule.terms, ForbiddenText) for lint in rule.terms.lints}
    assert {lint.id for lint in load_lints().screened} == screened
