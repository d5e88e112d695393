"""Reading cases for people: lists of them, and one case's timeline in the order of time.

Ids, words and amounts only: no name, phone or address is read here, so none can be shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from casedb import schema
from casedb.case_filters import CaseFilter
from casedb.inbound import MOVES, InboundFact, InboundKind
from casedb.inbound_payload import from_payload
from domain.errors import NotKnown
from domain.money import in_words
from domain.obligations import earliest_unpaid
from domain.vocabulary import Clock, Stage

_case, _account, _person, _campaign = schema.case, schema.account, schema.person, schema.campaign
_inbox, _decision, _verdict, _touch = schema.inbox_event, schema.decision, schema.verdict, schema.touch
_approval, _task, _consent = schema.approval, schema.human_task, schema.consent

_ABOUT_TASKS = frozenset(
    {InboundKind.CALLBACK, InboundKind.TASK_DONE, InboundKind.TASK_ASSIGNED, InboundKind.OUTCOME_SETTLED}
)
ALL = CaseFilter()
"""Every case."""


class EntryKind(StrEnum):
    """What a line of a timeline is about; the order is the order at one and the same instant."""

    OPENED = "opened"
    FACT = "fact"
    VERDICT = "verdict"
    TOUCH = "touch"
    APPROVAL = "approval"
    TASK = "task"
    DECISION = "decision"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """A case as its row stands, with what its account owes now."""

    case_id: str
    account_id: str
    person_id: str
    campaign_id: str | None
    clock: Clock
    strategy: str
    strategy_version: str
    stage: Stage
    currency: str
    zone: str
    balance_minor: int
    opening_balance_minor: int
    due_on: date | None
    """Of the earliest amount still unpaid; None when nothing is owed."""
    opened_at: datetime
    closed_at: datetime | None
    close_reason: str | None
    next_at: datetime | None
    next_action: str | None
    next_why: str | None

    @property
    def owed(self) -> str:
        """What is owed now, in words."""
        return in_words(self.balance_minor, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened to a case, or was decided about it."""

    at: datetime
    kind: EntryKind
    about: str
    """The id that it goes by: of the event, the touch key, the approval."""
    says: str
    until: datetime | None = None
    """The instant that `says` ends with: when something is due, is over or expires."""
    why: str = ""


def list_cases(
    connection: Connection, wanted: CaseFilter = ALL, *, limit: int = 50, offset: int = 0
) -> tuple[list[CaseRecord], int]:
    """The cases wanted next first, closed ones last; and how many there are without limit and offset."""
    found = _records().where(*wanted.conditions())
    total = connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()
    ordered = found.order_by(_case.c.closed_at.is_not(None), _case.c.next_at, _case.c.case_id)
    return _with_due_dates(connection, connection.execute(ordered.limit(limit).offset(offset)).all()), int(total)


def find_case(connection: Connection, wanted: str) -> CaseRecord:
    """The case of that id, or the latest case of the account of that id. Raises NotKnown."""
    found = connection.execute(
        _records()
        .where(or_(_case.c.account_id == wanted, _case.c.case_id == wanted))
        .order_by((_case.c.account_id == wanted).desc(), _case.c.opened_at.desc())
        .limit(1)
    ).all()
    if found:
        return _with_due_dates(connection, found)[0]
    known = connection.execute(select(_account.c.account_id).where(_account.c.account_id == wanted)).first()
    if known is not None:
        raise NotKnown(f"account {wanted} has no case yet: python starter.py trigger {wanted}")
    raise NotKnown(f"no account or case {wanted} is in the case database: python starter.py case list shows them")


def read_timeline(connection: Connection, case: CaseRecord) -> list[Entry]:
    """Everything on record about the case, oldest first."""
    entries = [
        _opening(case),
        *_facts(connection, case),
        *_verdicts(connection, case),
        *_touches(connection, case),
        *_approvals(connection, case),
        *_tasks(connection, case),
        *_decisions(connection, case),
        *_closing(case),
    ]
    kinds = list(EntryKind)
    return sorted(entries, key=lambda entry: (entry.at, kinds.index(entry.kind)))


def _records() -> Select[Any]:
    return (
        select(_case, _account.c.currency, _account.c.zone, _account.c.balance_minor, _campaign.c.clock)
        .join_from(_case, _account, _account.c.account_id == _case.c.account_id)
        .join(_person, _person.c.person_id == _case.c.person_id)
        .outerjoin(_campaign, _campaign.c.campaign_id == _case.c.campaign_id)
    )


def _with_due_dates(connection: Connection, rows: Sequence[Any]) -> list[CaseRecord]:
    obligation = schema.obligation
    dated: dict[str, list[tuple[date, int]]] = {row.account_id: [] for row in rows}
    for each in connection.execute(
        select(obligation.c.account_id, obligation.c.due_on, obligation.c.amount_minor)
        .where(obligation.c.account_id.in_(list(dated)))
        .order_by(obligation.c.due_on)
    ):
        dated[each.account_id].append((each.due_on, each.amount_minor))
    return [
        CaseRecord(
            case_id=row.case_id,
            account_id=row.account_id,
            person_id=row.person_id,
            campaign_id=row.campaign_id,
            clock=Clock(row.clock) if row.clock else Clock.REAL,
            strategy=row.strategy,
            strategy_version=row.strategy_version,
            stage=Stage(row.stage),
            currency=row.currency,
            zone=row.zone,
            balance_minor=row.balance_minor,
            opening_balance_minor=row.opening_balance_minor,
            due_on=earliest_unpaid(dated[row.account_id], row.balance_minor),
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            close_reason=row.close_reason,
            next_at=row.next_at,
            next_action=row.next_action,
            next_why=row.next_why,
        )
        for row in rows
    ]


def _opening(case: CaseRecord) -> Entry:
    owed = in_words(case.opening_balance_minor, case.currency)
    return Entry(
        at=case.opened_at,
        kind=EntryKind.OPENED,
        about=case.case_id,
        says=f"with {owed} owed, by {case.strategy}",
        why=f"campaign {case.campaign_id}" if case.campaign_id else "",
    )


def _closing(case: CaseRecord) -> Iterator[Entry]:
    if case.closed_at is not None:
        reason = case.close_reason or ""
        yield Entry(at=case.closed_at, kind=EntryKind.CLOSED, about=case.case_id, says=reason, why=case.next_why or "")


def _facts(connection: Connection, case: CaseRecord) -> Iterator[Entry]:
    """Facts of the account and of its person, from the end of the case before to the start of the one after."""
    stated = _inbox.c.payload["fact"]
    opted_out = select(_consent.c.consent_id).where(
        _consent.c.person_id == case.person_id, _consent.c.consent_id == _inbox.c.event_id + ":" + case.person_id
    )
    of_person = and_(
        _inbox.c.account_id.is_(None),
        or_(stated["person_id"].as_string() == case.person_id, opted_out.exists()),
    )
    neighbours = select(
        func.max(_case.c.closed_at).filter(_case.c.opened_at < case.opened_at).label("since"),
        func.min(_case.c.opened_at).filter(_case.c.opened_at > case.opened_at).label("until"),
    ).where(_case.c.account_id == case.account_id)
    since, until = connection.execute(neighbours).one()
    facts = select(_inbox).where(or_(_inbox.c.account_id == case.account_id, of_person))
    if since is not None:
        facts = facts.where(_inbox.c.at > since)
    if until is not None:
        facts = facts.where(_inbox.c.at <= until)
    for row in connection.execute(facts.order_by(_inbox.c.at, _inbox.c.event_id)):
        written = row.kind in (InboundKind.REPLY, InboundKind.PROMISE, InboundKind.PLAN, InboundKind.ANSWER)
        says = _words_in_words(connection, row, case) if written else _fact_in_words(row, case)
        yield Entry(at=row.at, kind=EntryKind.FACT, about=row.event_id, says=says)


def _words_in_words(connection: Connection, row: Any, case: CaseRecord) -> str:
    """How a reply was read, what was promised in it, how it was answered; and nothing of what it says."""
    fact = from_payload(row.payload).fact
    if fact.kind is InboundKind.PROMISE:
        promised = in_words(fact.amount_minor or 0, fact.currency or case.currency)
        return f"promise of {promised} by {fact.promised_on}, asked of the case"
    if fact.kind is InboundKind.PLAN:
        return f"plan of {fact.instalments} from {fact.promised_on}, asked of the case"
    reply = schema.reply
    reply_id = fact.event_id.removesuffix(":answer")
    found = connection.execute(select(reply).where(reply.c.reply_id == reply_id)).one()
    if fact.kind is InboundKind.ANSWER:
        return f"answer to {found.answer}: {found.answer_status or 'not sent yet'}"
    meant = ", ".join(each.replace("_", " ") for each in found.intents) or "for a human to read"
    return f"reply by {found.channel}: {meant}"


def _fact_in_words(row: Any, case: CaseRecord) -> str:
    receipt = from_payload(row.payload)
    fact = receipt.fact
    if fact.kind in MOVES:
        moved = in_words(fact.amount_minor or 0, fact.currency or case.currency)
        left = in_words(receipt.balance_minor or 0, case.currency)
        return f"{fact.kind.value} of {moved}; {left} owed then"
    if fact.owed is not None:
        told = in_words(fact.owed.total_minor, fact.owed.currency)
        left = in_words(receipt.balance_minor or 0, case.currency)
        return f"{fact.kind.value} of {told} as of {fact.owed.as_of}; {left} owed then"
    return _fact_without_money(fact, case)


def _fact_without_money(fact: InboundFact, case: CaseRecord) -> str:
    if fact.kind is InboundKind.RELIEF_GRANTED and fact.relief is not None:
        granted = in_words(fact.amount_minor or 0, case.currency)
        until = f" until {fact.relief_until}" if fact.relief_until else ""
        return f"{fact.relief.value} of {granted}{until} granted ({fact.relief_id})"
    if fact.kind is InboundKind.NOTICE:
        return f"{fact.kind.value} of {fact.source}: {fact.note}"
    by = f", by {fact.by}" if fact.by else ""
    if fact.move is not None:
        why = f" ({fact.note})" if fact.note else ""
        return f"{fact.kind.value} to {fact.move.strategy}@{fact.move.version}{by}{why}"
    if fact.kind in (InboundKind.OPT_OUT, InboundKind.OPT_IN):
        address = f" at {fact.contact_point_id}" if fact.contact_point_id else ""
        return f"{fact.kind.value} of {fact.channel}{address}{by}"
    if fact.kind in _ABOUT_TASKS:
        found = {True: ": it was sent", False: ": it was not sent", None: ""}[fact.went_out]
        task = f" of task {fact.task_id}" if fact.task_id is not None else ""
        task += f" to {fact.owner}" if fact.kind is InboundKind.TASK_ASSIGNED else ""
        return f"{fact.kind.value}{task}{found}{by}" + (f" ({fact.note})" if fact.note else "")
    kind = f" for {fact.hold_kind}" if fact.hold_kind else ""
    until = f" until {fact.ends_at:%Y-%m-%d}" if fact.ends_at else ""
    owner = f", owner {fact.owner}" if fact.owner else ""
    only = f" on what fell due {fact.obligation_due_on}" if fact.obligation_due_on else ""
    return f"{fact.kind.value}{kind}{only}{until} ({fact.hold}){owner}{by}"


def _decisions(connection: Connection, case: CaseRecord) -> Iterator[Entry]:
    wanted = select(_decision).where(_decision.c.case_id == case.case_id).order_by(_decision.c.number)
    for row in connection.execute(wanted):
        yield Entry(
            at=row.at,
            kind=EntryKind.DECISION,
            about=f"after {row.because}",
            says=f"{row.action}, due",
            until=row.step_at,
            why=row.why,
        )


def _verdicts(connection: Connection, case: CaseRecord) -> Iterator[Entry]:
    wanted = select(_verdict).where(_verdict.c.case_id == case.case_id).order_by(_verdict.c.number)
    for row in connection.execute(wanted):
        rule = f" by {row.rule}" if row.rule else ""
        until = ", until" if row.until else ""
        yield Entry(
            at=row.at,
            kind=EntryKind.VERDICT,
            about=row.touch_key,
            says=f"{row.decision} {row.channel}{rule} ({row.profile}){until}",
            until=row.until,
            why=row.why,
        )


def _touches(connection: Connection, case: CaseRecord) -> Iterator[Entry]:
    for row in connection.execute(select(_touch).where(_touch.c.case_id == case.case_id)):
        delivery = f", delivery {row.delivery}" if row.delivery != "none" else ""
        code = f", code {row.code}" if row.code else ""
        yield Entry(
            at=row.at,
            kind=EntryKind.TOUCH,
            about=row.touch_key,
            says=f"{row.channel} {row.status}{delivery}{code}, reference {row.reference}",
        )


def _approvals(connection: Connection, case: CaseRecord) -> Iterator[Entry]:
    for row in connection.execute(select(_approval).where(_approval.c.case_id == case.case_id)):
        yield Entry(
            at=row.requested_at,
            kind=EntryKind.APPROVAL,
            about=row.approval_id,
            says=f"asked by {row.requested_by}, expires",
            until=row.expires_at,
        )
        if row.decided_at is not None:
            by = f" by {row.decided_by}" if row.decided_by else ""
            told = f"{row.status}{by}"
            yield Entry(at=row.decided_at, kind=EntryKind.APPROVAL, about=row.approval_id, says=told, why=row.comment)


def _tasks(connection: Connection, case: CaseRecord) -> Iterator[Entry]:
    for row in connection.execute(select(_task).where(_task.c.case_id == case.case_id).order_by(_task.c.task_id)):
        raised = f"{row.kind} for {row.owner}"
        yield Entry(at=row.raised_at, kind=EntryKind.TASK, about=row.key, says=raised, why=row.why)
        if row.done_at is not None:
            yield Entry(at=row.done_at, kind=EntryKind.TASK, about=row.key, says=f"{row.kind} is done")


def latest_approval(connection: Connection, case_id: str) -> str | None:
    """The id of the approval that the case asked for last, or None."""
    asked = select(_approval.c.approval_id).where(_approval.c.case_id == case_id)
    return connection.execute(asked.order_by(_approval.c.requested_at.desc()).limit(1)).scalar()
