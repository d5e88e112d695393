"""No message may threaten, pose, shame or hurry; each finding names its rule and its line."""

from pathlib import Path

import pytest

from config.lints import lint, load_lints, missing
from domain.errors import ConfigurationError


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("US-CONTENT-ARREST", "Pay by Friday or a warrant for your arrest will be issued."),
        ("US-CONTENT-ABUSE", "Only a deadbeat ignores bills."),
        ("US-CONTENT-ABUSE", "We know where you live"),
        ("US-CONTENT-AUTH", "This is the county court calling."),
        ("US-CONTENT-AUTH", "OFFICIAL NOTICE"),
        ("US-CONTENT-ATTY", "I am an attorney"),
        ("US-CONTENT-THREAT", "We will sue you next week"),
        ("US-CONTENT-THREAT", "Legal action will follow"),
        ("US-CONTENT-THREAT", "your wages can be garnished"),
        ("US-CONTENT-3P", "We will tell your employer"),
        ("US-VAL-4", "This is your final notice"),
        ("US-VAL-4", "Pay within 24 hours"),
        ("US-AMOUNT-1", "A $25 collection fee has been added"),
        ("UK-PRESS-1", "You could borrow from somebody"),
        ("UK-CONTACT-1", "You missed a delivery"),
        ("CN-CONTENT-VIOLENCE", "小心你家人"),
        ("CN-CONTENT-ABUSE", "你这种老赖"),
        ("CN-CONTENT-AUTH", "这里是法院执行局"),
        ("CN-CONTENT-CRIME", "将移送经侦"),
        ("CN-CONTENT-BLACKLIST", "影响子女上学"),
        ("CN-CONTENT-3P", "我们会联系您的同事"),
        ("CN-CONTENT-PUBLIC", "在小区张贴"),
        ("CN-CONTENT-SUIT", "明天起诉"),
        ("CN-CONTENT-BORROW", "先借钱来还上"),
        ("CN-CONTENT-DEADLINE", "今天之前付清"),
        ("CN-CONTENT-FEE", "另付上门费"),
        ("CN-CONTENT-PAY", "转到我微信"),
    ],
)
def test_what_may_not_be_said_is_found_under_its_rule(rule: str, text: str) -> None:
    findings = [finding for finding in lint(f"Hello\n{text}") if finding.rule == rule]
    assert findings
    assert {finding.line for finding in findings} == {2}
    assert all(finding.excerpt for finding in findings)


def test_every_forbidden_rule_has_an_example_above() -> None:
    marks = test_what_may_not_be_said_is_found_under_its_rule.pytestmark  # type: ignore[attr-defined]
    assert {rule.rule for rule in load_lints().forbidden} == {rule for rule, _ in marks[0].args[1]}


@pytest.mark.parametrize(
    "text",
    [
        "This is WalletPay about your agreement. If you are struggling we can look at affordable payments.",
        "【某钱包】尊敬的用户，您尾号1234的借款已逾期3天，应还1200.50元，客服400-000-0000。拒收请回复R",
        "The warranty of the shampoo",
    ],
)
def test_plain_words_pass(text: str) -> None:
    assert lint(text) == []


def test_a_message_without_its_opt_out_lacks_the_rule() -> None:
    assert [finding.rule for finding in missing("Pay please", locale="en", channel="sms")] == ["US-OPTOUT-1"]
    assert missing("Reply STOP to opt out", locale="en", channel="sms") == []
    assert {finding.rule for finding in missing("请付款", locale="zh-CN", channel="sms")} == {"CN-SMS-1", "CN-ID-1"}


def test_a_pattern_that_cannot_be_read_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "lints.yaml"
    file.write_text("forbidden:\n  A-1:\n    reason: x\n    patterns:\n      - fine\n      - (\nrequired: {}\n")
    with pytest.raises(ConfigurationError, match=r"lints\.yaml:6 forbidden\.A-1\.patterns\[1\]: is not a regular"):
        load_lints(file)
