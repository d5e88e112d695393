"""The borrowers: who they are, what they owe by their own count, and what they have done.

The roster is independent of the lender's books on purpose: what it knows about payments is what the invariants
hold against us.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from sandbox.actions import AccountView, Action, Received, Situation
from sandbox.network import Network, normalise
from sandbox.presets import ScriptSpec, build_script, script_name
from sandbox.scripts import Script, action_at, next_action, open_actions


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f"no time zone is called {name!r}") from error
    return name


class Account(BaseModel):
    """One wallet account; `mention` is how messages name it, when they do, so that they are counted per account."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_id: str
    currency: str
    balance_minor: int = Field(ge=0)
    mention: str | None = None


class Borrower(BaseModel):
    """One person as a roster file describes him; his language follows his country unless it is said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    borrower_id: str
    name: str
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    push_ids: tuple[str, ...] = ()
    """His ids in the wallet, by which it notifies him."""
    postal: tuple[str, ...] = ()
    """His postal addresses, the lines of each parted by line feeds."""
    keys: str = ""
    """What he presses when he is called, one sign per menu; `-` lets a menu pass."""
    country: Literal["US", "CN", "GB"]
    zones: tuple[Annotated[str, AfterValidator(_known_zone)], ...] = Field(min_length=1)
    script: ScriptSpec = "never_answers"
    accounts: tuple[Account, ...] = Field(min_length=1)
    seed: int = 0
    language: Literal["en", "zh"] | None = None

    @model_validator(mode="after")
    def _script_exists(self) -> Self:
        build_script(self.script)
        return self

    @property
    def script_name(self) -> str:
        """The script's name without its parameters."""
        return script_name(self.script)


class UnknownBorrower(LookupError):
    """The roster has nobody of this id."""


class UnknownAction(LookupError):
    """The borrower has no such action to do now."""


@dataclass(slots=True)
class _Life:
    borrower: Borrower
    script: Script
    balances: dict[str, int]
    done: list[Action]


class Roster:
    """Borrowers by id, with what each has done. Thread-safe."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._lock = threading.RLock()
        self._lives: dict[str, _Life] = {}

    def clear(self) -> None:
        """Forget every borrower."""
        with self._lock:
            self._lives.clear()

    def enrol(self, borrower: Borrower) -> None:
        """Add a borrower, or start him afresh; his addresses become his, spoiled as his script says."""
        script = build_script(borrower.script)
        balances = {account.account_id: account.balance_minor for account in borrower.accounts}
        with self._lock:
            self._lives[borrower.borrower_id] = _Life(borrower, script, balances, [])
        addresses = (*borrower.phones, *borrower.emails, *borrower.push_ids, *borrower.postal)
        self._network.assign(borrower.borrower_id, addresses)
        for phone in borrower.phones:
            self._network.set_condition(phone, script.phone_condition)
            self._network.set_keys(phone, borrower.keys)
        for email in borrower.emails:
            self._network.set_condition(email, script.email_condition)

    def borrowers(self) -> tuple[Borrower, ...]:
        """Everybody, in the order of enrolment."""
        with self._lock:
            return tuple(life.borrower for life in self._lives.values())

    def balances(self, borrower_id: str) -> dict[str, int]:
        """What is left on each account by the borrower's own count, in minor units."""
        with self._lock:
            return dict(self._life(borrower_id).balances)

    def done(self, borrower_id: str) -> tuple[Action, ...]:
        """What the borrower has done, in order."""
        with self._lock:
            return tuple(self._life(borrower_id).done)

    def next_action(self, borrower_id: str, after: datetime) -> Action | None:
        """What he does next at or after an instant, if nothing else happens to him; None when he waits."""
        with self._lock:
            return next_action(self._life(borrower_id).script, self._situation(borrower_id), after)

    def mark_done(self, borrower_id: str, action_id: str, at: datetime | None = None) -> tuple[Action, bool]:
        """Let an action have happened (at its due instant unless another is given); true the first time.

        A payment lowers the balance; a STOP makes the providers refuse the address.
        """
        with self._lock:
            life = self._life(borrower_id)
            for action in life.done:
                if action.action_id == action_id:
                    return action, False
            action = self._open_action(borrower_id, action_id)
            action = action if at is None else action_at(action, at)
            life.done.append(action)
            if action.kind == "payment":
                life.balances[action.account_id] -= action.amount_minor
            if action.kind == "resolve_dispute" and action.outcome == "upheld":
                life.balances[action.account_id] = 0
            if action.kind == "stop_reply" and action.address:
                self._network.stop(action.address, action.at, action.channel)
            return action, True

    def paid_at(self, borrower_id: str) -> datetime | None:
        """When nothing was left to pay on any account, or None while something is."""
        return self.accounts_paid_at(borrower_id, tuple(self.balances(borrower_id)))

    def accounts_paid_at(self, borrower_id: str, account_ids: Sequence[str]) -> datetime | None:
        """When nothing was left to pay on these accounts; None while something is, or if nothing ever was due."""
        with self._lock:
            life = self._life(borrower_id)
            settled = [
                action.at
                for action in life.done
                if action.account_id in account_ids and (action.kind == "payment" or action.outcome == "upheld")
            ]
            open_minor = sum(life.balances[account_id] for account_id in account_ids)
        return max(settled) if settled and open_minor == 0 else None

    def about_to(self, borrower_id: str, action_id: str) -> tuple[Action, Borrower, Sequence[Received]]:
        """Something that he is about to do, who he is, and what reached him. Raises UnknownBorrower, UnknownAction."""
        with self._lock:
            action = self._open_action(borrower_id, action_id)
            return action, self._life(borrower_id).borrower, self._received(borrower_id)

    def _open_action(self, borrower_id: str, action_id: str) -> Action:
        clock = self._network.clock_of(borrower_id)
        for action in open_actions(self._life(borrower_id).script, self._situation(borrower_id)):
            if action.action_id == action_id:
                return action_at(action, max(action.at, clock)) if clock else action
        raise UnknownAction(f"{action_id!r} is not something that {borrower_id!r} is about to do")

    def _situation(self, borrower_id: str) -> Situation:
        life = self._life(borrower_id)
        borrower = life.borrower
        return Situation(
            borrower_id=borrower_id,
            seed=borrower.seed,
            language=borrower.language or ("zh" if borrower.country == "CN" else "en"),
            opened_at=self._network.opened_at(borrower_id),
            accounts=tuple(_view(account, life.balances) for account in borrower.accounts),
            received=self._received(borrower_id),
            done=tuple(life.done),
        )

    def _received(self, borrower_id: str) -> tuple[Received, ...]:
        never_arrived = ("undelivered", "bounce", "dropped", "busy", "no-answer", "failed")
        return tuple(
            Received(at=m.at, channel=m.channel, address=normalise(m.to), text=f"{m.subject}\n{m.body}")
            for m in self._network.messages(borrower_id=borrower_id)
            if m.status not in never_arrived and self._network.condition_of(m.to) is None
        )

    def _life(self, borrower_id: str) -> _Life:
        if borrower_id not in self._lives:
            raise UnknownBorrower(f"nobody in the roster has the id {borrower_id!r}")
        return self._lives[borrower_id]


def _view(account: Account, balances: dict[str, int]) -> AccountView:
    return AccountView(
        account_id=account.account_id,
        currency=account.currency,
        opening_minor=account.balance_minor,
        balance_minor=balances[account.account_id],
        mention=account.mention,
    )
