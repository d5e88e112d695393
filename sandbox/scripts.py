"""How borrowers behave: a script is a list of moves, a move is a trigger and a deed, all pure and repeatable.

A borrower goes through his moves in order, once per account. The next action is computed from what he has received
and done so far; asking twice gives the same answer, and nothing depends on wall time.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from sandbox.actions import AccountView, Action, ActionKind, Received, Situation
from sandbox.network import Condition
from sandbox.words import TEXTS


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterMessage:
    """So long after the nth message (on a channel, if one is named) about this account."""

    nth: int
    delay: timedelta
    channel: str | None = None

    def due_at(self, situation: Situation, account: AccountView, move: int) -> datetime | None:
        """The instant, or None while fewer messages have come."""
        heard = messages_about(situation, account, self.channel)
        return heard[self.nth - 1].at + self.delay if len(heard) >= self.nth else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterPrevious:
    """So long after the move before this one was done."""

    delay: timedelta

    def due_at(self, situation: Situation, account: AccountView, move: int) -> datetime | None:
        """The instant, or None while the previous move is not done."""
        previous = action_id_of(situation.borrower_id, account.account_id, move - 1)
        return next((a.at + self.delay for a in situation.done if a.action_id == previous), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterOpening:
    """So long after the borrower's clock was first set: before anything reached him, perhaps."""

    delay: timedelta

    def due_at(self, situation: Situation, account: AccountView, move: int) -> datetime | None:
        """The instant, or None while he has no clock."""
        return situation.opened_at + self.delay if situation.opened_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One thing a script does; `share` is of the account's opening balance, None is all that is left."""

    kind: ActionKind
    trigger: AfterMessage | AfterPrevious | AfterOpening
    share: Fraction | None = None
    channel: str = "wallet"
    pays_in: timedelta | None = None
    installments: int | None = None
    outcome: str | None = None
    words: str = ""
    """Which text he writes, where it is not the one of the deed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Moves in order, and what is wrong with the borrower's addresses from the start."""

    moves: tuple[Move, ...] = ()
    phone_condition: Condition | None = None
    email_condition: Condition | None = None


def next_action(script: Script, situation: Situation, after: datetime) -> Action | None:
    """The earliest thing left to do, never before `after`; None when he waits for something, or for ever."""
    actions = list(open_actions(script, situation))
    earliest = min(actions, key=lambda action: (action.at, action.action_id), default=None)
    if earliest is None or earliest.at >= after:
        return earliest
    return action_at(earliest, after)


def open_actions(script: Script, situation: Situation) -> Iterator[Action]:
    """The next open move of each account, with the instant it is due."""
    done = {action.action_id for action in situation.done}
    for position, account in enumerate(situation.accounts):
        for index, move in enumerate(script.moves):
            if action_id_of(situation.borrower_id, account.account_id, index) in done:
                continue
            once_for_all = move.kind in ("stop_reply", "reply")
            if once_for_all and position > 0:
                continue
            due = move.trigger.due_at(situation, account, index)
            if due is not None and (account.balance_minor > 0 or once_for_all):
                jitter = _jitter(situation, index) + timedelta(minutes=position)
                yield _action(move, index, situation, account, due + jitter)
            break


def action_at(action: Action, at: datetime) -> Action:
    """The same action at another instant; what he promises moves along."""
    shift = at - action.at
    values = {name: getattr(action, name) for name in Action.__slots__}
    return Action(**(values | {"at": at, "pays_at": action.pays_at + shift if action.pays_at else None}))


def messages_about(situation: Situation, account: AccountView, channel: str | None) -> list[Received]:
    """What he received about an account: all of it, or what mentions it when messages name accounts."""
    return [
        message
        for message in situation.received
        if channel in (None, message.channel) and (account.mention is None or account.mention in message.text)
    ]


def action_id_of(borrower_id: str, account_id: str, move: int) -> str:
    """The name of one move of one borrower on one account, the same in every run."""
    return f"{borrower_id}:{account_id}:{move}"


def _action(move: Move, index: int, situation: Situation, account: AccountView, at: datetime) -> Action:
    amount = account.balance_minor
    if move.share is not None:
        amount = min(amount, int(account.opening_minor * move.share))
    heard = messages_about(situation, account, move.channel)
    return Action(
        action_id=action_id_of(situation.borrower_id, account.account_id, index),
        borrower_id=situation.borrower_id,
        kind=move.kind,
        at=at,
        account_id=account.account_id,
        currency=account.currency,
        amount_minor=amount if move.kind in ("payment", "promise") else 0,
        channel=move.channel,
        address=heard[-1].address if heard else None,
        text=TEXTS[situation.language].get(move.words or move.kind, ""),
        pays_at=at + move.pays_in if move.pays_in else None,
        installments=move.installments,
        outcome=move.outcome,
    )


def _jitter(situation: Situation, index: int) -> timedelta:
    """Up to three hours of human imprecision, fixed by the seed; none for seed 0."""
    if situation.seed == 0:
        return timedelta()
    name = f"{situation.seed}:{situation.borrower_id}:{index}"
    return timedelta(minutes=int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % 180)
