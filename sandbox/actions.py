"""What a borrower may do, and what he knows when he decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ActionKind = Literal[
    "payment", "dispute", "resolve_dispute", "stop_reply", "promise", "ask_plan", "accept_plan", "reply"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that a borrower does at an instant; `action_id` is the same however often it is asked for."""

    action_id: str
    borrower_id: str
    kind: ActionKind
    at: datetime
    account_id: str
    currency: str
    amount_minor: int = 0
    channel: str | None = None
    """How it reaches the lender: `sms`, `email`, `wallet` (payments), `portal` or `desk` (the lender's own people)."""
    address: str | None = None
    """The address he writes from, for a reply."""
    text: str = ""
    pays_at: datetime | None = None
    """For a promise: when he says he will pay."""
    installments: int | None = None
    outcome: str | None = None
    """For a resolved dispute: `rejected` (he owes) or `upheld` (he does not)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message that reached the borrower, as he sees it."""

    at: datetime
    channel: str
    address: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """One account as the borrower knows it; `mention` is how messages name it, if they do."""

    account_id: str
    currency: str
    opening_minor: int
    balance_minor: int
    mention: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything that a borrower's next action may depend on."""

    borrower_id: str
    seed: int
    language: str
    opened_at: datetime | None
    accounts: Sequence[AccountView]
    received: Sequence[Received]
    done: Sequence[Action]
