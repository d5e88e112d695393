"""What must never be seen from outside, judged only by what arrived and what borrowers did.

Nothing here knows the lender's rules or code: a second opinion that shares no line with the first.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from sandbox.borrowers import Borrower, Roster
from sandbox.network import Message, Network

REFERENCE = re.compile(r"Ref[:\uff1a]\s*(?P<code>[A-Z2-7]{4}-[A-Z2-7]{4})(?![A-Z0-9-])")
SAME_TEXT_WITHIN = timedelta(hours=20)
# 15 U.S.C. 1692c(a)(1) and 12 CFR 1006.6(b)(1): 8 to 21 local; GB and CN are held to their industry codes.
OPEN_HOURS = {"US": (time(8), time(21)), "GB": (time(8), time(21)), "CN": (time(8), time(22))}


class Finding(BaseModel):
    """One violation; `message_ids` and `instants` go together, the last is the offender."""

    borrower_id: str | None
    channel: str
    message_ids: list[str]
    instants: list[datetime]
    why: str


class Report(BaseModel):
    """All violations in the record; empty lists are what a lawful run shows."""

    messages: int
    duplicates: list[Finding]
    contacts_after_payment: list[Finding]
    contacts_out_of_hours: list[Finding]
    contacts_after_stop: list[Finding]
    attempts_after_stop: list[Finding]
    """Attempts that the provider refused because of a STOP; they have no message id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledAccounts:
    """When a borrower owed nothing any more, in all and per account that messages name."""

    all_paid_at: datetime | None
    paid_at_by_mention: dict[str, datetime | None]


def judge(network: Network, roster: Roster) -> Report:
    """Check every message in the record against every invariant."""
    messages = network.messages()
    by_borrower: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        if message.borrower_id is not None:
            by_borrower[message.borrower_id].append(message)
    borrowers = [(b, by_borrower[b.borrower_id]) for b in roster.borrowers()]
    return Report(
        messages=len(messages),
        duplicates=find_duplicates(messages),
        contacts_after_payment=[
            finding
            for borrower, received in borrowers
            for finding in find_after_payment(received, settled_accounts(borrower, roster))
        ],
        contacts_out_of_hours=[
            finding for borrower, received in borrowers for finding in find_out_of_hours(received, borrower)
        ],
        contacts_after_stop=find_after_stop(messages, network),
        attempts_after_stop=_attempts_after_stop(network),
    )


def find_duplicates(messages: Sequence[Message]) -> list[Finding]:
    """The same text at one address within 20 hours, references aside, or one reference twice on one channel."""
    findings = []
    by_address: dict[tuple[str, str], list[Message]] = defaultdict(list)
    for message in messages:
        by_address[(message.channel, message.to)].append(message)
    for sequence in by_address.values():
        seen_texts: dict[str, Message] = {}
        seen_codes: dict[str, Message] = {}
        for message in sorted(sequence, key=lambda m: (m.at, m.number)):
            text = _without_references(message)
            earlier = seen_texts.get(text)
            codes = set(REFERENCE.findall(message.subject + "\n" + message.body))
            repeated = sorted(codes & seen_codes.keys())
            if repeated:
                findings.append(_finding([seen_codes[repeated[0]], message], "one reference code, twice"))
            elif earlier is not None and message.at - earlier.at < SAME_TEXT_WITHIN:
                findings.append(_finding([earlier, message], "the same text within 20 hours"))
            seen_texts[text] = message
            seen_codes |= dict.fromkeys(codes - seen_codes.keys(), message)
    return findings


def find_after_payment(received: Iterable[Message], settled: SettledAccounts) -> list[Finding]:
    """Messages after everything was paid, or about an account that was."""
    findings = []
    for message in received:
        if settled.all_paid_at is not None and message.at > settled.all_paid_at:
            why = f"everything was paid at {settled.all_paid_at.isoformat()}"
            findings.append(_finding([message], why))
            continue
        text = message.subject + "\n" + message.body
        named = [at for mention, at in settled.paid_at_by_mention.items() if mention in text]
        if named and all(at is not None and message.at > at for at in named):
            findings.append(_finding([message], "it is about an account that was paid before"))
    return findings


def find_out_of_hours(received: Iterable[Message], borrower: Borrower) -> list[Finding]:
    """Messages at a local time outside the open hours, in any zone the borrower may be in."""
    opens, closes = OPEN_HOURS[borrower.country]
    findings = []
    for message in received:
        if message.channel == "letter":  # it lies in a box until somebody looks
            continue
        for zone in borrower.zones:
            local = message.at.astimezone(ZoneInfo(zone))
            if not opens <= local.time() < closes:
                findings.append(_finding([message], f"it was {local:%H:%M} in {zone}"))
                break
    return findings


def find_after_stop(messages: Iterable[Message], network: Network) -> list[Finding]:
    """Messages at an address after its reader opted out of their channel."""
    findings = []
    for message in messages:
        stopped_at = network.stopped_at(message.to, message.channel)
        if stopped_at is not None and message.at > stopped_at:
            findings.append(_finding([message], f"the reader opted out at {stopped_at.isoformat()}"))
    return findings


def settled_accounts(borrower: Borrower, roster: Roster) -> SettledAccounts:
    """The instants of payment that the roster knows."""
    return SettledAccounts(
        all_paid_at=roster.paid_at(borrower.borrower_id),
        paid_at_by_mention={
            account.mention: roster.accounts_paid_at(borrower.borrower_id, [account.account_id])
            for account in borrower.accounts
            if account.mention
        },
    )


def _attempts_after_stop(network: Network) -> list[Finding]:
    return [
        Finding(
            borrower_id=refusal.borrower_id,
            channel="sms",
            message_ids=[],
            instants=[refusal.at],
            why="refused: the reader had opted out",
        )
        for refusal in network.refusals()
        if refusal.code == "21610" and network.stopped_at(refusal.address) is not None
    ]


def _without_references(message: Message) -> str:
    """Subject and body with reference codes and their label gone, and blanks made equal."""
    return " ".join(REFERENCE.sub("", f"{message.subject}\n{message.body}").split())


def _finding(messages: Sequence[Message], why: str) -> Finding:
    offender = messages[-1]
    return Finding(
        borrower_id=offender.borrower_id,
        channel=offender.channel,
        message_ids=[message.message_id for message in messages],
        instants=[message.at for message in messages],
        why=why,
    )
