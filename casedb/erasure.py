"""Erasing a person: name and addresses go, ids and the sealed audit stay, and a refusal to be contacted survives.

Nothing is erased while a debt is open or a law keeps the record; then the person is restricted instead, which is a
hold on all contact. (Regulation rules, section 14; GDPR articles 17(3) and 18.)
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Engine,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from casedb import schema, suppression
from casedb.consents import latest_permission
from casedb.engine import lock_person, writing
from casedb.message_texts import ANSWER
from domain.calendar import local_date
from domain.compliance.deadlines import earliest_purge
from domain.errors import ConfigurationError
from domain.vocabulary import Channel, HoldKind, Permission, SuppressionReason

_person, _account, _case, _touch = schema.person, schema.account, schema.case, schema.touch
_point, _consent, _hold, _entry = schema.contact_point, schema.consent, schema.hold, schema.ledger_entry
_WHO = select(_person).where(_person.c.person_id == bindparam("person"))
_OWING = (
    select(_account.c.account_id)
    .where(_account.c.person_id == bindparam("person"), _account.c.balance_minor > 0)
    .order_by(_account.c.account_id)
)
_OPEN = (
    select(_case.c.case_id)
    .where(_case.c.person_id == bindparam("person"), _case.c.closed_at.is_(None))
    .order_by(_case.c.case_id)
)
_LAST = (
    select(func.max(_touch.c.at)).where(_touch.c.person_id == bindparam("person")),
    select(func.max(_case.c.closed_at)).where(_case.c.person_id == bindparam("person")),
    select(func.max(_entry.c.at))
    .join(_account, _account.c.account_id == _entry.c.account_id)
    .where(_account.c.person_id == bindparam("person")),
)
_POINTS = select(
    _point.c.channel,
    _point.c.address,
    latest_permission(_point.c.person_id, _point.c.channel, "", bindparam("now", type_=_consent.c.at.type)).label(
        "all"
    ),
    latest_permission(
        _point.c.person_id, _point.c.channel, _point.c.address, bindparam("now", type_=_consent.c.at.type)
    ).label("one"),
).where(_point.c.person_id == bindparam("person"))
_LASTING_HOLDS = select(_hold.c.kind).where(_hold.c.person_id == bindparam("person"), _hold.c.released_at.is_(None))
_FOR_EVERY_ADDRESS = {
    HoldKind.CEASE.value: SuppressionReason.CEASE,
    HoldKind.DECEASED.value: SuppressionReason.DECEASED,
}
_OF_PERSON: BindParameter[str] = bindparam("person")


def _said_to(person: BindParameter[str]) -> ColumnElement[bool]:
    """Every message to the person: of a touch, in answer to a reply, as a letter of his case."""
    said, reply, paper = schema.message_text, schema.reply, schema.paper
    answers = select(reply.c.reply_id + ANSWER).where(reply.c.person_id == person)
    cases = select(_case.c.case_id).where(_case.c.person_id == person)
    letters = select(paper.c.paper_id).where(paper.c.case_id.in_(cases))
    touches = select(_touch.c.touch_id).where(_touch.c.person_id == person)
    return or_(*(said.c.message_id.in_(ids) for ids in (touches, answers, letters)))


_BLANKS = (
    update(_person)
    .where(_person.c.person_id == _OF_PERSON)
    .values(full_name="", locale="", zones=[], restricted_at=None, erased_at=bindparam("at")),
    update(_consent)
    .where(_consent.c.person_id == _OF_PERSON, _consent.c.address != "")
    .values(address=literal("erased:") + _consent.c.consent_id),
    update(_point)
    .where(_point.c.person_id == _OF_PERSON)
    .values(
        address=literal("erased:") + _point.c.contact_point_id,
        undeliverable_since=func.coalesce(_point.c.undeliverable_since, bindparam("at", type_=_consent.c.at.type)),
    ),
    update(_hold).where(_hold.c.person_id == _OF_PERSON).values(reason=""),
    update(schema.reply).where(schema.reply.c.person_id == _OF_PERSON).values(text=""),
    delete(schema.furnishing_subject).where(
        schema.furnishing_subject.c.account_id.in_(
            select(_account.c.account_id).where(_account.c.person_id == _OF_PERSON)
        )
    ),
    update(schema.message_text).where(_said_to(_OF_PERSON)).values(subject="", body=""),
    update(schema.approval)
    .where(schema.approval.c.case_id.in_(select(_case.c.case_id).where(_case.c.person_id == _OF_PERSON)))
    .values(comment=""),
    update(schema.approval_vote)
    .where(
        schema.approval_vote.c.approval_id.in_(
            select(schema.approval.c.approval_id)
            .join(_case, _case.c.case_id == schema.approval.c.case_id)
            .where(_case.c.person_id == _OF_PERSON)
        )
    )
    .values(comment=""),
)
_FORGET_WORDS = (
    update(schema.reply).where(schema.reply.c.written_from.in_(bindparam("written", expanding=True))).values(text="")
)
_RESTRICT = (
    update(_person)
    .where(_person.c.person_id == bindparam("person"), _person.c.restricted_at.is_(None))
    .values(restricted_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasability:
    """Whether a person may be erased today, and if not, why and from when."""

    person_id: str
    erased_at: datetime | None
    owing: tuple[str, ...]
    """Accounts on which something is owed."""
    open_cases: tuple[str, ...]
    kept_until: date | None
    """The last day a law keeps the record, when that is not over."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why not, one sentence each; none when nothing forbids it."""
        told = []
        if self.owing:
            told.append(f"something is owed on {', '.join(self.owing)}")
        if self.open_cases:
            told.append(f"case {', '.join(self.open_cases)} is open")
        if self.kept_until is not None:
            told.append(f"the law keeps the record until {self.kept_until}")
        return tuple(told)


def erasability(connection: Connection, person_id: str, now: datetime, *, years_kept: int) -> Erasability:
    """What stands against erasing a known person; the record is kept for so many years from the last activity."""
    about = {"person": person_id}
    who = connection.execute(_WHO, about).one()
    seen = [at for wanted in _LAST if (at := connection.execute(wanted, about).scalar()) is not None]
    zone = next(iter(who.zones), "UTC")
    purge_on = earliest_purge(local_date(max(seen), zone), years=years_kept) if seen else None
    kept = purge_on is not None and local_date(now, zone) < purge_on
    return Erasability(
        person_id=person_id,
        erased_at=who.erased_at,
        owing=tuple(connection.scalars(_OWING, about)),
        open_cases=tuple(connection.scalars(_OPEN, about)),
        kept_until=date.fromordinal(purge_on.toordinal() - 1) if kept and purge_on else None,
    )


def erase(engine: Engine, person_id: str, now: datetime, *, years_kept: int) -> Erasability:
    """Blank every personal column unless something stands against it, which the answer says; twice is once.

    Raises NotKnown for an unknown person, ConfigurationError when refusals could not survive for want of a salt.
    """
    with writing(engine) as connection:
        lock_person(connection, person_id)
        found = erasability(connection, person_id, now, years_kept=years_kept)
        if found.reasons or found.erased_at is not None:
            return found
        if not suppression.has_salt(connection):
            raise ConfigurationError(
                f"person {person_id} was not erased: without AMICABLE_SUPPRESSION_SALT his refusals would be lost"
            )
        _suppress(connection, person_id, now)
        _forget_words(connection, person_id, now)
        for blank in _BLANKS:
            connection.execute(blank, {"person": person_id, "at": now})
    return found


def _forget_words(connection: Connection, person_id: str, now: datetime) -> None:
    """What came from an address of his that others share, or before anybody knew whose it was."""
    points = connection.execute(_POINTS, {"person": person_id, "now": now}).all()
    written = {suppression.fingerprint_of(connection, (each.value, row.address)) for row in points for each in Channel}
    if found := sorted(written - {""}):
        connection.execute(_FORGET_WORDS, {"written": found})


def _suppress(connection: Connection, person_id: str, now: datetime) -> None:
    """Every address that was refused, or all under a hold that is meant to last, before they are gone."""
    points = connection.execute(_POINTS, {"person": person_id, "now": now}).all()
    refused = [(row.channel, row.address) for row in points if Permission.WITHDRAWN.value in (row.all, row.one)]
    suppression.suppress(connection, refused, SuppressionReason.OPT_OUT, now)
    for kind in set(connection.scalars(_LASTING_HOLDS, {"person": person_id})):
        if kind in _FOR_EVERY_ADDRESS:
            everything = [(row.channel, row.address) for row in points]
            suppression.suppress(connection, everything, _FOR_EVERY_ADDRESS[kind], now)


def mark_restricted(engine: Engine, person_id: str, at: datetime) -> None:
    """Remember since when a person is restricted; the first time counts."""
    with writing(engine) as connection:
        connection.execute(_RESTRICT, {"person": person_id, "at": at})
