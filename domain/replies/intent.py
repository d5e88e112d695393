"""What people want when they write back, and what the rules made of one text."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Intent(StrEnum):
    """A wish, a statement or a request; one text may carry several."""

    CEASE = "cease"
    """No contact at all any more, by whatever channel, about this debt."""
    STOP = "stop"
    """No more messages by this channel."""
    WRONG_PERSON = "wrong_person"
    DECEASED = "deceased"
    BANKRUPTCY = "bankruptcy"
    BREATHING_SPACE = "breathing_space"
    """A moratorium that a debt adviser began."""
    ATTORNEY = "attorney"
    """Somebody else speaks for the person: a lawyer or a debt adviser."""
    DISPUTE = "dispute"
    HARDSHIP = "hardship"
    VULNERABILITY = "vulnerability"
    """Needs another way of being dealt with: large print, an interpreter, no calls."""
    COMPLAINT = "complaint"
    PAID = "paid"
    HUMAN = "human"
    PLAN = "plan"
    """Asks to pay in parts."""
    ACCEPT_PLAN = "accept_plan"
    """Takes one of the plans that were offered."""
    PROMISE = "promise"
    START = "start"
    HELP = "help"
    ACK = "ack"
    """Thanks, fine, seen: nothing to do."""
    AUTOMATIC = "automatic"
    """A machine wrote it: out of office, a notice of the carrier. Nobody is answered."""


QUIET = frozenset({Intent.ACK, Intent.AUTOMATIC})
"""Nothing follows from these."""
ENDS_CONTACT = frozenset({Intent.STOP, Intent.CEASE, Intent.WRONG_PERSON})
"""After these there is one confirmation, within minutes, and then silence."""
NEEDS_PROOF = frozenset({Intent.START, Intent.ACCEPT_PLAN})
"""What a forged mail must not do: open a channel that somebody closed, or bind somebody for months. A no is honoured
whoever wrote it."""
AGREEMENTS = frozenset({Intent.PROMISE, Intent.PLAN, Intent.ACCEPT_PLAN, Intent.START})
"""What binds the person or opens a channel again: never beside a word that protects, and never on a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountSaid:
    """An amount, or a share of what is owed; one of the two."""

    minor: int | None = None
    percent: int | None = None

    def of(self, balance_minor: int) -> int:
        """The amount in minor units; of a share, rounded up, so that two halves are the whole."""
        return self.minor if self.minor is not None else -(-balance_minor * (self.percent or 0) // 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One intent, how sure the rules are (0 to 1), and which rule said so; never a piece of the text."""

    intent: Intent
    confidence: float
    certain_from: float
    """The least confidence that is acted on, in the language of the rule; below it a human reads."""
    why: str

    @property
    def is_certain(self) -> bool:
        """Whether it is acted on."""
        return self.confidence >= self.certain_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the rules say of one text, the surest first."""

    found: tuple[Found, ...] = ()
    amount: AmountSaid | None = None
    on: date | None = None
    instalments: int | None = None
    """Of a plan that is taken."""

    @property
    def certain(self) -> tuple[Intent, ...]:
        """The intents to act on; none when only a human can tell."""
        return self._in_order({each.intent for each in self.found if each.is_certain})

    @property
    def doubtful(self) -> tuple[Intent, ...]:
        """What else the person may have meant."""
        return self._in_order({each.intent for each in self.found if not each.is_certain})

    @staticmethod
    def _in_order(intents: set[Intent]) -> tuple[Intent, ...]:
        return tuple(intent for intent in Intent if intent in intents)
