"""Facts and their receipts as JSON, as the inbox keeps them: ids and amounts, no address and no reason."""

from dataclasses import asdict, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from casedb.deliveries import DeliveryReport
from casedb.inbound import INSTANTS, InboundFact, InboundKind, Receipt
from casedb.move_event import move_as_json, move_from_json
from casedb.owed import Owed
from domain.authority import ReliefKind
from domain.vocabulary import Channel, DeliveryStatus, HoldKind

_CLOSED_SETS: dict[str, type[StrEnum]] = {
    "kind": InboundKind,
    "channel": Channel,
    "hold_kind": HoldKind,
    "relief": ReliefKind,
}
_PERSONAL = {"address", "reason", "row"}
_REPORT, _OWED, _MOVE = "report", "owed", "move"
_DAYS = ("as_of", "due_on")
_DAYS_OF_FACT = ("obligation_due_on", "promised_on", "relief_until")


def to_payload(receipt: Receipt) -> dict[str, Any]:
    """A receipt as JSON for the inbox: ids and amounts, no address and no free text."""
    stated = {f.name: getattr(receipt.fact, f.name) for f in fields(receipt.fact) if f.name not in _PERSONAL}
    stated[_OWED] = _owed_as_json(receipt.fact.owed) if receipt.fact.owed else None
    stated[_REPORT] = asdict(receipt.fact.report) if receipt.fact.report else None
    stated[_MOVE] = move_as_json(receipt.fact.move) if receipt.fact.move else None
    return {
        "fact": {name: value.isoformat() if isinstance(value, date) else value for name, value in stated.items()},
        "touch_key": receipt.touch_key,
        "made_at": receipt.made_at.isoformat() if receipt.made_at else None,
        "proven": receipt.proven,
        "account_ids": list(receipt.account_ids),
        "balance_minor": receipt.balance_minor,
        "ledger_version": receipt.ledger_version,
        "parked": receipt.parked,
        "counted": receipt.counted,
    }


def from_payload(payload: dict[str, Any], *, duplicate: bool = False) -> Receipt:
    """The receipt that `to_payload` wrote, maybe before a field of today was known."""
    told = dict(payload["fact"])
    for name in INSTANTS:
        told[name] = datetime.fromisoformat(told[name]) if told.get(name) else None
    for name in _DAYS_OF_FACT:
        told[name] = date.fromisoformat(told[name]) if told.get(name) else None
    for name, choices in _CLOSED_SETS.items():
        told[name] = choices(told[name]) if told.get(name) else None
    told[_OWED] = _owed_from_json(told[_OWED]) if told.get(_OWED) else None
    told[_MOVE] = move_from_json(told[_MOVE]) if told.get(_MOVE) else None
    report, made_at = told.get(_REPORT), payload.get("made_at")
    told[_REPORT] = DeliveryReport(**report | {"status": DeliveryStatus(report["status"])}) if report else None
    return Receipt(
        fact=InboundFact(**told),
        touch_key=payload.get("touch_key", ""),
        made_at=datetime.fromisoformat(made_at) if made_at else None,
        proven=payload.get("proven", False),
        account_ids=tuple(payload["account_ids"]),
        balance_minor=payload["balance_minor"],
        ledger_version=payload["ledger_version"],
        parked=payload["parked"],
        counted=payload.get("counted", False),
        duplicate=duplicate,
    )


def _owed_as_json(owed: Owed) -> dict[str, Any]:
    return asdict(owed) | {name: getattr(owed, name).isoformat() for name in _DAYS}


def _owed_from_json(told: dict[str, Any]) -> Owed:
    return Owed(**told | {name: date.fromisoformat(told[name]) for name in _DAYS})
