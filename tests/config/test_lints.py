"""No message may threaten, pose, shame or hurry; each finding names its rule, its lint and its line."""

import timeit
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.documents import read_document, read_model
from config.lints import LINTS_FILE, LintFile, LintsFile, lint, load_lints, missing
from config.readings import readings
from domain.compliance.lints import Lint, hits
from domain.errors import ConfigurationError

# By lint: what it forbids, an ordinary sentence close to it, and what it forbids in disguise.
EXAMPLES = {
    "LINT-EN-ARREST": (
        "Pay by Friday or a warrant for your arrest will be issued.",
        "The view is arresting and your warranty holds.",
        "You face a.r.r.е.s.t",
    ),
    "LINT-EN-CRIME": ("You committed fraud", "If this looks like fraud to you, tell us.", "You are a cr1m1nal"),
    "LINT-EN-VIOLENCE": ("We know where you live", "Tell us where you live now.", "w4tch your b4ck"),
    "LINT-EN-ABUSE": ("Only a deadbeat ignores bills.", "The closer the date, the better.", "you d e a d b e a t"),
    "LINT-EN-FALSE-AUTH": (
        "This is the county court calling about your case.",
        "This is WalletPay; no court is involved.",
        "This is the роlice",
    ),
    "LINT-EN-FALSE-ATTY": ("I am an attorney", "You may ask an attorney.", "I am an att0rney"),
    "LINT-EN-SUE": ("We will sue you next week", "We will issue a receipt.", "we will s-u-e you"),
    "LINT-EN-GARNISH": ("We will seize your car", "Take your time.", "we will g@rnish wages"),
    "LINT-EN-THIRDPARTY": ("We will tell your employer", "We never talk to anyone else.", "we will tell your emp1oyer"),
    "LINT-EN-FALSE-CREDIT": ("This will ruin your credit", "Your credit card is linked.", "b1acklist"),
    "LINT-EN-FALSE-URGENCY": ("This is your final notice", "The final amount is shown.", "f1nal n0tice"),
    "LINT-EN-BORROW": ("You could borrow from somebody", "A borrower may ask.", "b.o.r.r.o.w"),
    "LINT-EN-REASON-MASK": ("You missed a delivery", "You missed a payment.", "you missed a del\u200bivery"),
    "LINT-EN-UNAUTH-FEE": ("A $25 collection fee has been added", "There is no fee.", "collectiоn fee"),
    "LINT-ZH-VIOLENCE": ("小心你家人，让你好看", "请小心保管您的密码。", "弄 死 你"),
    "LINT-ZH-INSULT": ("你这种老赖真不要脸", "赖先生您好。", "你这种laolai"),
    "LINT-ZH-FALSE-AUTH": ("这里是法院执行局", "您可以咨询有关部门。", "这里是gong安"),
    "LINT-ZH-ARREST": ("将移送经侦抓人", "您可以选择还款日期。", "你会zuo牢"),
    "LINT-ZH-BLACKLIST": ("已将你列入失信黑名单", "请关注您的名单。", "列入shi xin"),
    "LINT-ZH-THIRDPARTY": ("打给你通讯录所有人和单位领导", "请联系客服。", "打给你的通*讯*录"),
    "LINT-ZH-PUBLIC": ("去你小区张贴", "请贴好标签。", "在小区張貼"),
    "LINT-ZH-LAWYER": ("明天起诉", "诉求请告诉我们。", "明天qisu"),
    "LINT-ZH-BORROW": ("可以先从其他网贷借钱来还上", "请还清余额。", "用wang贷还款"),
    "LINT-ZH-DEADLINE": ("最后一次机会", "到期日前可付款。", "最*后*一*次*机*会"),
    "LINT-ZH-FEE": ("请先支付撤案费500元，上门费另付", "话费已付。", "上門費另付"),
    "LINT-ZH-PRIVATE-PAY": ("把钱转到我微信", "转账请用官方页面。", "转 到 我 微 信"),
}
LINTS = {each.id: each for each in load_lints().screened}


def found(text: str) -> set[str]:
    """The ids of the gate's lints that hit in any reading of the text."""
    return {hit.lint.id for hit in hits(readings(text), tuple(LINTS.values()))}


@pytest.mark.parametrize("lint_id", EXAMPLES)
def test_every_lint_hits_and_finds_its_words_in_disguise_but_not_their_neighbours(lint_id: str) -> None:
    says, near, disguised = EXAMPLES[lint_id]
    assert lint_id in found(says)
    assert lint_id not in found(near)
    assert lint_id in found(disguised)
    assert not LINTS[lint_id].pattern.search(disguised.lower()), "the disguise is none"


def test_every_lint_has_an_example() -> None:
    assert set(EXAMPLES) == set(LINTS)
    assert len(LINTS) >= 26


@pytest.mark.parametrize("lint_id", EXAMPLES)
def test_a_finding_names_rule_lint_line_and_words(lint_id: str) -> None:
    findings = [each for each in lint(f"Hello\n{EXAMPLES[lint_id][0]}") if each.lint == lint_id]
    assert len(findings) == 1
    assert findings[0].line == 2
    assert findings[0].excerpt
    assert findings[0].rule == load_lints().reported_as[lint_id]


@pytest.mark.parametrize(
    ("lint_id", "pattern"),
    [
        (lint_id, pattern)
        for lint_id, each in read_model(read_document(LINTS_FILE), LintsFile).lints.items()
        for pattern in (*each.patterns, *each.house)
    ],
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=st.data())
def test_whatever_a_pattern_matches_contains_a_stem(lint_id: str, pattern: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(pattern, alphabet=st.characters(max_codepoint=0x9FFF))).lower()
    match = house(lint_id).pattern.search(text)
    assert match is None or any(stem in text for stem in LINTS[lint_id].stems)


def house(lint_id: str) -> Lint:
    """The lint with the patterns of the house."""
    return next(each for each in load_lints().house if each.id == lint_id)


@pytest.mark.parametrize(
    "text",
    [
        "This is WalletPay about your agreement. If you are struggling we can look at affordable payments.",
        "【某钱包】尊敬的用户，您尾号1234的借款已逾期3天，应还1200.50元，客服400-000-0000。拒收请回复R",
        "The warranty of the shampoo",
        "Your balance of $4,500.00 was due on 5 June 2026. Options: rvr.example/x. Reply STOP to opt out.",
        "Dear Ms. Qi Su, we are open from 9 a.m. to 5 p.m.; ask for Jo Losery or A. R. Restrepo.",
    ],
)
def test_plain_words_pass(text: str) -> None:
    assert lint(text) == []


def test_our_own_messages_avoid_more_than_the_gate_forbids() -> None:
    assert found("An answer within 5 days would help") == set()
    assert [each.lint for each in lint("An answer within 5 days would help")] == ["LINT-EN-FALSE-URGENCY"]


def test_a_text_is_searched_in_every_language() -> None:
    assert {"LINT-EN-SUE", "LINT-ZH-LAWYER"} <= found("We will sue you. 明天起诉。")


def test_a_message_without_its_opt_out_lacks_the_rule() -> None:
    assert [finding.rule for finding in missing("Pay please", locale="en", channel="sms")] == ["US-OPTOUT-1"]
    assert missing("Reply STOP to opt out", locale="en", channel="sms") == []
    assert {finding.rule for finding in missing("请付款", locale="zh-CN", channel="sms")} == {"CN-SMS-1", "CN-ID-1"}


FILE = """\
lints:
  A-1:
    lang: en
    severity: block
    rule: R-1
    reason: x
    source: y
    stems: [fine]
    patterns:
      - fine
      - {pattern}
required: {{}}
"""


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [("(", "is not a regular expression"), ("Fine", "must be in lower case")],
)
def test_a_pattern_that_cannot_be_used_is_refused_with_its_place(tmp_path: Path, pattern: str, reason: str) -> None:
    file = tmp_path / "lints.yaml"
    file.write_text(FILE.format(pattern=pattern))
    with pytest.raises(ConfigurationError, match=rf"lints\.yaml:11 lints\.A-1\.patterns\[1\]: {reason}"):
        load_lints(file)


def test_a_lint_that_nobody_wrote_is_not_known() -> None:
    assert [each.id for each in load_lints().named(["LINT-EN-SUE"])] == ["LINT-EN-SUE"]
    with pytest.raises(ValueError, match="'LINT-EN-SEW' is not a lint"):
        load_lints().named(["LINT-EN-SEW"])


def test_words_of_the_house_are_added_to_those_of_the_gate() -> None:
    file = LintFile(
        lang="en", severity="warn", rule="R", reason="r", source="s", stems=("a",), patterns=("a b",), house=("ac",)
    )
    assert file.lint("L").find("x a\n b")
    assert file.lint("L").find("ac") is None
    assert file.house_lint("L").find("ac")


@pytest.mark.parametrize(
    "text",
    [
        "This is Riverside, a debt collector, about your WalletPay account ending 1234. Your balance of $1,280.50 was "
        "due on 30 September 2026. You can pay at https://pay.wallet.example or call +1 202-555-0100. Reply STOP to "
        "opt out. Ref: ABCD-2345",
        "【某钱包】尊敬的用户，您尾号1234的借款已逾期3天，应还1200.50元。可在App内还款，客服400-000-0000。回复TD退订。",
    ],
)
def test_a_message_is_read_and_screened_in_less_than_a_millisecond(text: str) -> None:
    lints = load_lints().screened
    best = min(timeit.repeat(lambda: hits(readings(text), lints), number=10, repeat=20)) / 10
    assert best < 0.001
