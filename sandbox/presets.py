"""Named scripts with their thresholds as parameters, so that a roster decides when its borrowers act.

`n` counts messages, `days` and `hours` are delays. A roster names a script (`"pays_after_first"`) or names it with
parameters (`{"pays_after_nth": {"n": 4, "days": 2}}`).
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any

from sandbox.actions import ActionKind
from sandbox.network import Condition
from sandbox.scripts import AfterMessage, AfterOpening, AfterPrevious, Move, Script
from sandbox.words import TEXTS

ENDS_TEXTS = frozenset({"enough", "wrong_person"})
"""Texts after which he wants no more of them, in words that no provider understands."""
ANSWERS_AFTER_HOURS = 1


class UnknownScript(ValueError):
    """A roster names a script that does not exist, or gives it parameters that it does not take."""


def pays_after_nth(*, n: int = 1, days: float = 2, channel: str | None = None) -> Script:
    """Pays everything some days after the nth message."""
    return Script(moves=(Move(kind="payment", trigger=_message(n, days, channel)),))


def pays_after_second_sms(*, n: int = 2, days: float = 2) -> Script:
    """Hears only text messages."""
    return pays_after_nth(n=n, days=days, channel="sms")


def pays_after_offer(*, n: int = 5, days: float = 1) -> Script:
    """Pays once the installment offer has come; by then the fifth message, unless the roster knows better."""
    return pays_after_nth(n=n, days=days)


def pays_late_at_legal(*, n: int = 8, days: float = 3) -> Script:
    """Pays when it gets serious."""
    return pays_after_nth(n=n, days=days)


def pays_before_first_message(*, hours: float = 1) -> Script:
    """Pays some hours after his clock is first set, before anyone could remind him."""
    return Script(moves=(Move(kind="payment", trigger=AfterOpening(delay=timedelta(hours=hours))),))


def pays_part_only(*, n: int = 1, days: float = 2, percent: int = 40) -> Script:
    """Pays a share of the opening balance and no more."""
    return Script(moves=(_part(n, days, percent),))


def pays_part_then_rest(*, n: int = 1, days: float = 2, percent: int = 40, rest_days: float = 10) -> Script:
    """Pays a share, and the rest some days later."""
    return Script(moves=(_part(n, days, percent), _previous("payment", rest_days)))


def disputes(
    *,
    n: int = 2,
    days: float = 2,
    resolve_days: float = 14,
    outcome: str = "rejected",
    pays_days: float | None = None,
) -> Script:
    """Disputes; the lender's desk resolves it later (`rejected` or `upheld`); then perhaps he pays."""
    moves = [
        Move(kind="dispute", trigger=_message(n, days), channel="portal"),
        Move(
            kind="resolve_dispute",
            trigger=AfterPrevious(delay=timedelta(days=resolve_days)),
            channel="desk",
            outcome=outcome,
        ),
    ]
    if pays_days is not None:
        moves.append(_previous("payment", pays_days))
    return Script(moves=tuple(moves))


def replies_stop(*, n: int = 1, hours: float = 1) -> Script:
    """Answers STOP to the nth text message."""
    trigger = AfterMessage(nth=n, delay=timedelta(hours=hours), channel="sms")
    return Script(moves=(Move(kind="stop_reply", trigger=trigger, channel="sms"),))


def replies_with_question(*, n: int = 2, hours: float = 3, channel: str = "sms") -> Script:
    """Writes back in free text and does nothing else."""
    trigger = AfterMessage(nth=n, delay=timedelta(hours=hours), channel=channel)
    return Script(moves=(Move(kind="reply", trigger=trigger, channel=channel),))


def writes(
    *,
    words: str = "who",
    n: int = 1,
    hours: float = 1,
    channel: str = "sms",
    pays_days: float | None = None,
) -> Script:
    """Writes one of the texts of `sandbox/words.py`; with `pays_days`, pays that long after it."""
    if words not in TEXTS["en"]:
        raise UnknownScript(f"nobody writes {words!r}; there are {', '.join(sorted(TEXTS['en']))}")
    trigger = AfterMessage(nth=n, delay=timedelta(hours=hours), channel=channel)
    kind: ActionKind = "stop_reply" if words in ENDS_TEXTS else "reply"
    moves = [Move(kind=kind, trigger=trigger, channel=channel, words=words)]
    if pays_days is not None:
        moves.append(_previous("payment", pays_days))
    return Script(moves=tuple(moves))


def promises_and_keeps(*, n: int = 3, days: float = 1, keep_days: float = 5) -> Script:
    """Promises to pay by a day, and pays on it."""
    return Script(moves=(_promise(n, days, keep_days), _previous("payment", keep_days)))


def promises_and_breaks(*, n: int = 3, days: float = 1, keep_days: float = 5, pays_days: float | None = None) -> Script:
    """Promises and does not pay; with `pays_days`, pays that long after the promise, late."""
    late = () if pays_days is None else (_previous("payment", pays_days),)
    return Script(moves=(_promise(n, days, keep_days), *late))


def accepts_plan_and_keeps(
    *, n: int = 5, days: float = 1, installments: int = 3, first_days: float = 1, every_days: float = 30
) -> Script:
    """Asks for a plan, accepts one and pays every installment, the last one with the remainder."""
    ask = Move(kind="ask_plan", trigger=_message(n, days), channel="portal")
    accept = Move(
        kind="accept_plan",
        trigger=AfterPrevious(delay=timedelta(hours=ANSWERS_AFTER_HOURS)),
        channel="portal",
        installments=installments,
    )
    share = Fraction(1, installments)
    payments = [
        Move(
            kind="payment",
            trigger=AfterPrevious(delay=timedelta(days=first_days if k == 0 else every_days)),
            share=None if k == installments - 1 else share,
        )
        for k in range(installments)
    ]
    return Script(moves=(ask, accept, *payments))


def accepts_plan_and_defaults(
    *, n: int = 5, days: float = 1, installments: int = 3, paid: int = 1, first_days: float = 1, every_days: float = 30
) -> Script:
    """Accepts a plan, pays so many of its installments, and then no more."""
    kept = accepts_plan_and_keeps(
        n=n, days=days, installments=installments, first_days=first_days, every_days=every_days
    )
    if not 0 <= paid < installments:
        raise TypeError(f"paid must be from 0 to {installments - 1}")
    return Script(moves=kept.moves[: 2 + paid])


def never_answers() -> Script:
    """Does nothing, ever."""
    return Script()


def landline(*, code: str = "30006", then: str = "never_answers") -> Script:
    """No phone of his can take a text: refused (21614, 21211) or undelivered (30003, 30005, 30006)."""
    return Script(moves=build_script(then).moves, phone_condition=_condition(code))


def mailbox_bounces(*, then: str = "never_answers") -> Script:
    """Every e-mail to him comes back."""
    return Script(moves=build_script(then).moves, email_condition="bounce")


PRESETS: Mapping[str, Callable[..., Script]] = {
    preset.__name__: preset
    for preset in (
        pays_after_nth,
        pays_after_second_sms,
        pays_after_offer,
        pays_late_at_legal,
        pays_before_first_message,
        pays_part_only,
        pays_part_then_rest,
        disputes,
        replies_stop,
        replies_with_question,
        writes,
        promises_and_keeps,
        promises_and_breaks,
        accepts_plan_and_keeps,
        accepts_plan_and_defaults,
        never_answers,
        landline,
        mailbox_bounces,
    )
} | {"pays_after_first": pays_after_nth}

ScriptSpec = str | dict[str, dict[str, Any]]


def script_name(spec: ScriptSpec) -> str:
    """The name that a roster entry gives."""
    return spec if isinstance(spec, str) else next(iter(spec), "")


def build_script(spec: ScriptSpec) -> Script:
    """The script that a roster entry names, with its parameters."""
    if not isinstance(spec, str) and len(spec) != 1:
        raise UnknownScript("a script with parameters is one name and its parameters")
    name = script_name(spec)
    if name not in PRESETS:
        raise UnknownScript(f"no script is called {name!r}; there are {', '.join(sorted(PRESETS))}")
    try:
        return PRESETS[name](**({} if isinstance(spec, str) else spec[name]))
    except (TypeError, ZeroDivisionError) as error:
        raise UnknownScript(f"script {name!r}: {error}") from error


def _message(n: int, days: float, channel: str | None = None) -> AfterMessage:
    if n < 1:
        raise UnknownScript("messages are counted from 1")
    return AfterMessage(nth=n, delay=timedelta(days=days), channel=channel)


def _previous(kind: Any, days: float) -> Move:
    return Move(kind=kind, trigger=AfterPrevious(delay=timedelta(days=days)))


def _part(n: int, days: float, percent: int) -> Move:
    return Move(kind="payment", trigger=_message(n, days), share=Fraction(percent, 100))


def _promise(n: int, days: float, keep_days: float) -> Move:
    return Move(kind="promise", trigger=_message(n, days), channel="portal", pays_in=timedelta(days=keep_days))


def _condition(code: str) -> Condition:
    known: dict[str, Condition] = {
        "21211": "21211",
        "21612": "21612",
        "21614": "21614",
        "30003": "30003",
        "30005": "30005",
        "30006": "30006",
    }
    if code not in known:
        raise UnknownScript(f"a phone cannot be spoiled with {code!r}")
    return known[code]
