"""Verdicts of the gate, each sealed to the one before it: what was once on record cannot be changed unseen.

The verdicts of a case are numbered from 1. The hash of each covers its columns and the hash before it, so a change,
a gap or another order breaks the chain where it happened; the number and hash of the last one stand on the case, so
that a chain cut short is seen as well. The database moves that head itself with every insert, and refuses one that
does not follow it: whoever holds an old head, or writes around this file, cannot fork the chain.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from casedb import schema
from casedb.prepared import Prepared
from domain.compliance.gate import Verdict
from domain.vocabulary import Channel
from telemetry import metrics

SEALED = (
    "case_id",
    "number",
    "person_id",
    "touch_key",
    "channel",
    "at",
    "decision",
    "until",
    "rule",
    "fired",
    "why",
    "profile",
    "tzdata",
    "previous_hash",
)
"""What a hash covers, in this order; a column that is added joins at the end with a migration that says how."""
HEAD = select(schema.case.c.verdict_number.label("number"), schema.case.c.verdict_hash.label("hash")).where(
    schema.case.c.case_id == bindparam("case_id")
)
"""The end of a case's chain: number 0 and no hash before the first verdict."""
_HEAD = Prepared(HEAD)
_INSERT = Prepared(insert(schema.verdict), columns=(*SEALED, "hash"))
_to_json = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictAbout:
    """What a verdict was about."""

    case_id: str
    person_id: str
    touch_key: str
    channel: Channel
    at: datetime


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last verdict of a case."""

    number: int
    hash: str


def read_head(connection: Connection, case_id: str) -> ChainHead:
    """The end of the case's chain."""
    [row] = _HEAD.all(connection, {"case_id": case_id})
    return ChainHead(row.number, row.hash)


def record_verdict(
    connection: Connection, about: VerdictAbout, verdict: Verdict, head: ChainHead | None = None
) -> ChainHead:
    """Put a verdict on record, whatever it says; answers the new end of the case's chain.

    `head` saves a read to whoever knows the end already, from the same transaction. The caller holds the person's
    lock; without it, one of two writers at once fails in the database and nothing is forked.
    """
    last = head or read_head(connection, about.case_id)
    record = {
        "case_id": about.case_id,
        "number": last.number + 1,
        "person_id": about.person_id,
        "touch_key": about.touch_key,
        "channel": about.channel.value,
        "at": about.at,
        "decision": verdict.decision,
        "until": verdict.until,
        "rule": verdict.decided_by,
        "fired": [each.rule for each in verdict.fired],
        "why": verdict.why,
        "profile": verdict.profile,
        "tzdata": verdict.tzdata,
        "previous_hash": last.hash,
    }
    metrics.count(metrics.VERDICTS, channel=about.channel.value, verdict=verdict.decision, rule=verdict.decided_by)
    sealed = seal(record)
    _INSERT.run(connection, record | {"hash": sealed})
    return ChainHead(number=last.number + 1, hash=sealed)


def seal(record: Mapping[str, Any]) -> str:
    """The hash of a verdict's columns: SHA-256 of a JSON array of them, in hexadecimal.

    ASCII, without blanks, instants in UTC to the microsecond: the same whichever database the row was read from.
    """
    told = _to_json([_plain(record[name]) for name in SEALED])
    return sha256(told.encode("ascii")).hexdigest()


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value
