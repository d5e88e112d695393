"""Touches and verdicts: claim before sending, confirm after; the unique key is what makes a touch happen once."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from casedb import schema
from casedb.snapshot import Point
from domain.compliance.gate import Verdict
from domain.vocabulary import Channel, Permission, TouchStatus

_touch = schema.touch
_INSERT_TOUCH = insert(_touch)
_RECLAIM = (
    update(_touch)
    .where(_touch.c.touch_id == bindparam("id"))
    .values(
        status=TouchStatus.CLAIMED.value,
        channel=bindparam("to_channel"),
        contact_point_id=bindparam("to_point"),
        provider=bindparam("by_provider"),
        template=bindparam("with_template"),
        at=bindparam("claimed_at"),
        attempted_at=bindparam("wall_at"),
        balance_minor=bindparam("owed"),
        code="",
    )
)
_MARK = (
    update(_touch)
    .where(_touch.c.touch_id == bindparam("id"))
    .values(
        status=bindparam("to_status"),
        code=bindparam("with_code"),
        provider_id=bindparam("as_provider_id"),
        sent_at=bindparam("was_sent_at"),
    )
)
_INSERT_VERDICT = insert(schema.verdict)
_UNDELIVERABLE = (
    update(schema.contact_point)
    .where(
        schema.contact_point.c.contact_point_id == bindparam("id"),
        schema.contact_point.c.undeliverable_since.is_(None),
    )
    .values(undeliverable_since=bindparam("since"))
)
_INSERT_CONSENT = insert(schema.consent)
_CONSENT_KNOWN = select(schema.consent.c.consent_id).where(schema.consent.c.consent_id == bindparam("id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A touch about to be sent."""

    case_id: str
    account_id: str
    person_id: str
    touch_key: str
    channel: Channel
    contact_point_id: str
    reference: str
    template: str
    provider: str
    at: datetime
    balance_minor: int

    @property
    def touch_id(self) -> str:
        """The touch's own id: the same touch of the same case always has the same."""
        return f"{self.case_id}:{self.touch_key}"


def insert_claim(connection: Connection, claim: Claim) -> None:
    """Claim a touch for the first time; a second claim of the same key fails in the database."""
    connection.execute(
        _INSERT_TOUCH,
        {
            "touch_id": claim.touch_id,
            "case_id": claim.case_id,
            "account_id": claim.account_id,
            "person_id": claim.person_id,
            "touch_key": claim.touch_key,
            "channel": claim.channel.value,
            "contact_point_id": claim.contact_point_id,
            "reference": claim.reference,
            "template": claim.template,
            "status": TouchStatus.CLAIMED.value,
            "at": claim.at,
            "attempted_at": datetime.now(UTC),
            "sent_at": None,
            "provider": claim.provider,
            "provider_id": None,
            "delivery": "none",
            "code": "",
            "balance_minor": claim.balance_minor,
        },
    )


def renew_claim(connection: Connection, claim: Claim) -> None:
    """Claim again a touch of which it is certain that nothing was sent (busy, refused, not found)."""
    connection.execute(
        _RECLAIM,
        {
            "id": claim.touch_id,
            "to_channel": claim.channel.value,
            "to_point": claim.contact_point_id,
            "by_provider": claim.provider,
            "with_template": claim.template,
            "claimed_at": claim.at,
            "wall_at": datetime.now(UTC),
            "owed": claim.balance_minor,
        },
    )


def mark_sent(connection: Connection, touch_id: str, provider_id: str, at: datetime) -> None:
    """The provider took it and named it."""
    _mark(connection, touch_id, TouchStatus.SENT, provider_id=provider_id, sent_at=at)


def mark_failed(connection: Connection, touch_id: str, code: str) -> None:
    """Refused for good: nothing was sent, and the cap is free again."""
    _mark(connection, touch_id, TouchStatus.FAILED, code=code)


def mark_busy(connection: Connection, touch_id: str) -> None:
    """Not taken now: nothing was sent, and the cap is free until the next attempt."""
    _mark(connection, touch_id, TouchStatus.BUSY)


def mark_unknown(connection: Connection, touch_id: str, code: str = "") -> None:
    """The answer was lost; it counts against the cap until it is known."""
    _mark(connection, touch_id, TouchStatus.UNKNOWN, code=code)


def _mark(  # noqa: PLR0917 - one statement behind four names
    connection: Connection,
    touch_id: str,
    status: TouchStatus,
    code: str = "",
    provider_id: str | None = None,
    sent_at: datetime | None = None,
) -> None:
    connection.execute(
        _MARK,
        {
            "id": touch_id,
            "to_status": status.value,
            "with_code": code,
            "as_provider_id": provider_id,
            "was_sent_at": sent_at,
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictAbout:
    """What a verdict was about."""

    case_id: str
    person_id: str
    touch_key: str
    channel: Channel
    at: datetime


def record_verdict(connection: Connection, about: VerdictAbout, verdict: Verdict) -> None:
    """Put a verdict on record, whatever it says."""
    connection.execute(
        _INSERT_VERDICT,
        {
            "case_id": about.case_id,
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
        },
    )


def mark_undeliverable(connection: Connection, contact_point_id: str, since: datetime) -> None:
    """Remember that an address cannot be reached; the first time counts."""
    connection.execute(_UNDELIVERABLE, {"id": contact_point_id, "since": since})


def record_provider_opt_out(connection: Connection, person_id: str, point: Point, at: datetime) -> None:
    """The provider holds an opt-out against us that we did not know: it becomes ours at once; twice is once."""
    consent_id = f"provider:{point.contact_point_id}"
    if connection.execute(_CONSENT_KNOWN, {"id": consent_id}).first() is not None:
        return
    connection.execute(
        _INSERT_CONSENT,
        {
            "consent_id": consent_id,
            "person_id": person_id,
            "channel": point.channel.value,
            "address": point.address,
            "permission": Permission.WITHDRAWN.value,
            "at": at,
            "source": "provider",
        },
    )
