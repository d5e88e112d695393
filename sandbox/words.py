"""What borrowers write, in their own language: the words of each deed, with its amount, day or number."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sandbox.actions import Action

MINOR_DIGITS = {"JPY": 0, "IDR": 2}
_SIGNS = {"USD": "$", "GBP": "£", "EUR": "€", "CNY": "¥"}
TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "dispute": "This is not my debt. I closed that wallet last year.",
        "stop_reply": "STOP",
        "promise": "I will pay {amount} on {day}",
        "ask_plan": "Can I pay in instalments?",
        "accept_plan": "PLAN {installments}",
        "reply": "I lost my job last month. Can somebody talk to me about options?",
        "who": "Who is this?",
        "paid": "I already paid",
        "wrong_person": "You have the wrong number",
        "enough": "please stop texting me",
    },
    "zh": {
        "dispute": "这不是我的欠款。那个钱包我去年就注销了。",
        "stop_reply": "STOP",
        "promise": "我会在{day}还{amount}",
        "ask_plan": "能分期还款吗？",
        "accept_plan": "分{installments}期",
        "reply": "我上个月失业了，能不能找人谈谈还款办法？",
        "who": "你们是谁？",
        "paid": "我已经还了",
        "wrong_person": "你打错了，我不是本人",
        "enough": "不要再发短信了",
    },
}


def words_of(action: Action, language: str, zone: str) -> str:
    """What he writes when he does this; days are those of his own calendar."""
    day = (action.pays_at or action.at).astimezone(ZoneInfo(zone)).date()
    amount = action.amount_minor / 10 ** MINOR_DIGITS.get(action.currency, 2)
    return action.text.format(
        amount=f"{_SIGNS.get(action.currency, '')}{amount:.2f}", day=day.isoformat(), installments=action.installments
    )
