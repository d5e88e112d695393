"""`record-payment`: money that arrived, through the one door for outside facts, and then told to the case."""

from datetime import UTC, datetime

from casedb.engine import reading
from casedb.inbox import InboundFact, InboundKind, Receipt, receive, was_signalled
from casedb.ledger import find_account
from console.output import say, write_json
from console.session import session
from console.telling import tell_cases
from domain.errors import InvalidInput, NotKnown
from domain.money import in_words, parse_money


def record_payment(account_id: str, amount: str, currency: str, event_id: str, *, as_json: bool) -> int:
    """Post the payment once under its event id and tell the case; the same command again is safe."""
    now = datetime.now(UTC)
    paid = parse_money(amount, currency)
    with session() as opened:
        with reading(opened.engine) as connection:
            if find_account(connection, account_id) is None:
                raise NotKnown(f"account {account_id} is not in the case database: import its book first")
        fact = InboundFact(
            event_id=event_id,
            source="console",
            kind=InboundKind.PAYMENT,
            at=now,
            account_id=account_id,
            amount_minor=paid.amount_minor,
            currency=currency,
        )
        receipt = receive(opened.engine, fact, received_at=now)
        _require_same(receipt, fact)
        before = was_signalled(opened.engine, event_id)
        told = before or bool(tell_cases(opened, receipt, now))
    _show(receipt, told=told, as_json=as_json)
    return 0


def _require_same(receipt: Receipt, fact: InboundFact) -> None:
    """An id that was used for something else is a mistake, not a repetition."""
    first = receipt.fact
    if (first.kind, first.account_id, first.amount_minor) != (fact.kind, fact.account_id, fact.amount_minor):
        amount = f" of {in_words(first.amount_minor, first.currency)}" if first.amount_minor and first.currency else ""
        about = f" on account {first.account_id}" if first.account_id else ""
        raise InvalidInput(
            f"event {fact.event_id} is known already as a {first.kind.value}{amount}{about}: nothing changed; "
            "use a new --event-id"
        )


def _show(receipt: Receipt, *, told: bool, as_json: bool) -> None:
    currency = str(receipt.fact.currency)
    if as_json:
        write_json(
            {
                "event_id": receipt.event_id,
                "account_id": receipt.account_id,
                "duplicate": receipt.duplicate,
                "balance_minor": receipt.balance_minor,
                "currency": currency,
                "case_told": told,
            }
        )
        return
    owed = in_words(receipt.balance_minor or 0, currency)
    amount = in_words(receipt.fact.amount_minor or 0, currency)
    verb = "was recorded before, nothing changed" if receipt.duplicate else f"of {amount} is recorded"
    heard = "its case was told" if told else "no case runs that had to be told"
    say(f"payment {receipt.event_id} {verb}: account {receipt.account_id} owes {owed}; {heard}")
