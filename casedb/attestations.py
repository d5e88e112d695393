"""What people of ours attested before going to law, and which notices are proved; the latest word counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from casedb import schema
from domain.escalation import Subject
from domain.vocabulary import DeliveryStatus, TouchStatus

_attestation, _touch = schema.attestation, schema.touch
_INSERT = insert(_attestation)
_OF_ACCOUNT = (
    select(_attestation)
    .where(_attestation.c.account_id == bindparam("account"))
    .order_by(_attestation.c.at, _attestation.c.attestation_id)
)
_DELIVERED = select(_touch.c.touch_key).where(
    _touch.c.case_id == bindparam("case"),
    _touch.c.status == TouchStatus.SENT.value,
    _touch.c.delivery == DeliveryStatus.DELIVERED.value,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """One word of a person of ours about an account."""

    account_id: str
    subject: Subject
    says: str
    by: str
    at: datetime


def attest(connection: Connection, word: Attested) -> None:
    """Add a word; earlier ones stay on record."""
    connection.execute(
        _INSERT,
        {
            "account_id": word.account_id,
            "subject": word.subject.value,
            "says": word.says,
            "by": word.by,
            "at": word.at,
        },
    )


def attested(connection: Connection, account_id: str) -> list[Attested]:
    """Every word about an account, oldest first."""
    return [
        Attested(account_id=row.account_id, subject=Subject(row.subject), says=row.says, by=row.by, at=row.at)
        for row in connection.execute(_OF_ACCOUNT, {"account": account_id})
    ]


def unproved(
    connection: Connection, case_id: str, notices: Collection[str], words: Collection[Attested]
) -> tuple[str, ...]:
    """Which of these notices neither a provider reported delivered nor a person attested, with its proof of posting.

    A word about a notice begins with its key: `legal_escalation/notice-1 RR 123 456 789`.
    """
    if not notices:
        return ()
    proved = set(connection.execute(_DELIVERED, {"case": case_id}).scalars())
    proved |= {word.says.partition(" ")[0] for word in words if word.subject is Subject.NOTICE}
    return tuple(key for key in notices if key not in proved)
