"""The record of the pretended network: every message it took, every address, every borrower's clock.

All providers and the control interface share one `Network`. It is the only mutable state besides the roster and
the fault script, and every method is safe to call from any thread.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

Channel = Literal["sms", "email", "push", "voice", "letter", "social_private"]
NumberCondition = Literal["21211", "21214", "21612", "21614", "30003", "30005", "30006"]
MessengerCondition = Literal["63003", "63016", "63018", "63024"]
CallCondition = Literal["busy", "no-answer", "failed", "machine"]
MailCondition = Literal["bounce", "blocked", "dropped"]
PushCondition = Literal["unknown_user", "push_disabled", "app_uninstalled"]
Condition = NumberCondition | MessengerCondition | CallCondition | MailCondition | PushCondition | Literal["held"]
"""What is wrong with an address: a provider's code, how a telephone is answered, or `held` back for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message the network accepted; `at` is the owner's clock at that moment, `status` the latest."""

    message_id: str
    number: int
    """Position in the order of acceptance, from 1."""
    channel: Channel
    to: str
    sender: str
    body: str
    at: datetime
    status: str
    subject: str = ""
    borrower_id: str | None = None
    sent_at: datetime | None = None
    error_code: int | None = None
    service_sid: str | None = None
    callback_url: str | None = None
    custom_args: Mapping[str, str] = field(default_factory=dict)
    requested: tuple[str, ...] = ()
    """The addresses of the customer that the provider asked for during a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One attempt that a provider turned down because of the address."""

    address: str
    code: str
    at: datetime
    borrower_id: str | None = None


def normalise(address: str) -> str:
    """One spelling per address: no outer blanks, e-mail in lower case, a number without `whatsapp:`."""
    return address.strip().lower() if "@" in address else address.strip().removeprefix("whatsapp:")


def usual_channel(address: str) -> str:
    """The channel that an address speaks of when nobody says which: e-mail or text."""
    return "email" if "@" in address else "sms"


class Network:
    """Messages, refusals, clocks, opt-outs and the condition of addresses, under one lock."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self.clear()

    def clear(self) -> None:
        """Forget everything, as if newly started."""
        with self._changed:
            self._messages: dict[str, Message] = {}
            self._ids_by_borrower: dict[str | None, list[str]] = defaultdict(list)
            self._ids_by_address: dict[str, list[str]] = defaultdict(list)
            self._refusals: list[Refusal] = []
            self._owners: dict[str, str] = {}
            self._clocks: dict[str, datetime] = {}
            self._opened: dict[str, datetime] = {}
            self._conditions: dict[str, Condition] = {}
            self._stops: dict[tuple[str, str], datetime] = {}
            self._keys: dict[str, str] = {}
            self._accepted = 0
            self._changed.notify_all()

    def accept(
        self,
        *,
        message_id: str,
        channel: Channel,
        to: str,
        sender: str,
        body: str,
        status: str,
        subject: str = "",
        service_sid: str | None = None,
        callback_url: str | None = None,
        custom_args: Mapping[str, str] | None = None,
    ) -> Message:
        """Record a message at the instant that the owner's clock shows."""
        with self._changed:
            self._accepted += 1
            message = Message(
                message_id=message_id,
                number=self._accepted,
                channel=channel,
                to=normalise(to),
                sender=sender,
                subject=subject,
                body=body,
                at=self.now_at(to),
                status=status,
                borrower_id=self.owner_of(to),
                service_sid=service_sid,
                callback_url=callback_url,
                custom_args=dict(custom_args or {}),
            )
            self._messages[message_id] = message
            self._ids_by_borrower[message.borrower_id].append(message_id)
            self._ids_by_address[message.to].append(message_id)
            self._changed.notify_all()
            return message

    def advance(
        self, message_id: str, status: str, *, error_code: int | None = None, heard: str | None = None
    ) -> Message | None:
        """Give a message its next status, a call what was heard; None when the record was cleared in between."""
        with self._changed:
            message = self._messages.get(message_id)
            if message is None:
                return None
            sent_at = message.sent_at or (self.now_at(message.to) if status == "sent" else None)
            body = message.body if heard is None else heard
            moved = replace(message, status=status, error_code=error_code, sent_at=sent_at, body=body)
            self._messages[message_id] = moved
            self._changed.notify_all()
            return moved

    def note_request(self, message_id: str, url: str) -> None:
        """The provider asked for an address of the customer on behalf of a call."""
        with self._changed:
            message = self._messages.get(message_id)
            if message is not None:
                self._messages[message_id] = replace(message, requested=(*message.requested, url))

    def refuse(self, address: str, code: str) -> None:
        """Record that an attempt at this address was turned down."""
        with self._changed:
            self._refusals.append(
                Refusal(
                    address=normalise(address),
                    code=code,
                    at=self.now_at(address),
                    borrower_id=self.owner_of(address),
                )
            )

    def message(self, message_id: str) -> Message | None:
        """The message as it stands, or None."""
        with self._changed:
            return self._messages.get(message_id)

    def messages(
        self, *, borrower_id: str | None = None, channel: str | None = None, address: str | None = None
    ) -> tuple[Message, ...]:
        """Messages in the order of their instants, then of acceptance; each filter narrows."""
        with self._changed:
            if borrower_id is not None:
                ids = list(self._ids_by_borrower.get(borrower_id, ()))
            elif address is not None:
                ids = list(self._ids_by_address.get(normalise(address), ()))
            else:
                ids = list(self._messages)
            candidates = [self._messages[message_id] for message_id in ids]
        found = [
            message
            for message in candidates
            if channel in (None, message.channel) and (address is None or message.to == normalise(address))
        ]
        return tuple(sorted(found, key=lambda message: (message.at, message.number)))

    def refusals(self) -> tuple[Refusal, ...]:
        """Every attempt turned down because of the address."""
        with self._changed:
            return tuple(self._refusals)

    def assign(self, borrower_id: str, addresses: Iterable[str]) -> None:
        """Make a borrower the owner of these addresses; the last assignment counts."""
        with self._changed:
            for address in addresses:
                self._owners[normalise(address)] = borrower_id

    def owner_of(self, address: str) -> str | None:
        """The borrower who reads this address, if any."""
        with self._changed:
            return self._owners.get(normalise(address))

    def set_clock(self, borrower_id: str, now: datetime) -> None:
        """Put a borrower's virtual clock to an aware instant; the first one is when his story opens."""
        with self._changed:
            self._clocks[borrower_id] = now.astimezone(UTC)
            self._opened.setdefault(borrower_id, now.astimezone(UTC))

    def clock_of(self, borrower_id: str) -> datetime | None:
        """The borrower's virtual clock, or None while he lives on wall time."""
        with self._changed:
            return self._clocks.get(borrower_id)

    def opened_at(self, borrower_id: str) -> datetime | None:
        """The first instant that the borrower's virtual clock was put to."""
        with self._changed:
            return self._opened.get(borrower_id)

    def now_at(self, address: str) -> datetime:
        """What the clock of the address's owner shows; wall time without owner or clock."""
        owner = self.owner_of(address)
        return (self.clock_of(owner) if owner else None) or datetime.now(UTC)

    def stamp(self, borrower_id: str | None) -> dict[str, str]:
        """A header that tells the customer what the borrower's clock shows; none while he lives on wall time."""
        clock = self.clock_of(borrower_id) if borrower_id else None
        return {"X-Sandbox-Now": clock.isoformat()} if clock else {}

    def set_condition(self, address: str, condition: Condition | None) -> None:
        """Spoil an address (a provider's code, `held`, `bounce`, `dropped`), or heal it with None."""
        with self._changed:
            if condition is None:
                self._conditions.pop(normalise(address), None)
            else:
                self._conditions[normalise(address)] = condition

    def condition_of(self, address: str) -> Condition | None:
        """What is wrong with an address, if anything."""
        with self._changed:
            return self._conditions.get(normalise(address))

    def stop(self, address: str, at: datetime, channel: str | None = None) -> None:
        """The reader of this address opted out of a channel; the first instant stays."""
        with self._changed:
            self._stops.setdefault((channel or usual_channel(address), normalise(address)), at)

    def stopped_at(self, address: str, channel: str | None = None) -> datetime | None:
        """When the reader of this address opted out of a channel, if he did."""
        with self._changed:
            return self._stops.get((channel or usual_channel(address), normalise(address)))

    def set_keys(self, address: str, keys: str) -> None:
        """What is pressed when this telephone is called, one sign per menu; `-` lets a menu pass."""
        with self._changed:
            self._keys[normalise(address)] = keys

    def keys_of(self, address: str) -> str:
        """What is pressed when this telephone is called; nothing when nobody said."""
        with self._changed:
            return self._keys.get(normalise(address), "")

    def wait_until(self, holds: Callable[[], bool], *, timeout_seconds: float) -> bool:
        """Wait for a condition on the record; false when the time ran out."""
        with self._changed:
            return self._changed.wait_for(holds, timeout=timeout_seconds)
