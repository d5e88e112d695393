"""Who is chosen for a campaign: the one walk over the book that a preview counts and a start stores.

Page by page in the order of account ids, each page one short transaction that reads: a million accounts take flat
memory, and no payment waits for it. The condition narrows the pages down in SQL as far as both databases surely agree,
and is then evaluated by the core on every account that was read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, and_, bindparam, false, or_, select, true

from casedb import schema
from casedb.candidates import read_candidates
from casedb.engine import reading
from casedb.id_list import IdList
from casedb.overdue import FIRST_ZONE
from domain.calendar import local_date
from domain.eligibility import Excluded, Exclusion, exclusion
from domain.selection import (
    EVERYBODY,
    AllOf,
    AnyOf,
    Candidate,
    Condition,
    Field,
    Number,
    Op,
    Text,
    holds_for,
    plainly,
)
from domain.selection_words import words_of
from domain.strategy import Strategy

PAGE_SIZE = 1000
_account, _person, _obligation = schema.account, schema.person, schema.obligation
_COLUMNS = {
    Field.ACCOUNT: _account.c.account_id,
    Field.CREDITOR: _account.c.creditor,
    Field.PRODUCT: _account.c.product,
    Field.SEGMENT: _account.c.segment,
    Field.CURRENCY: _account.c.currency,
    Field.JURISDICTION: _person.c.jurisdiction,
    Field.LOCALE: _person.c.locale,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Whom a campaign is about."""

    condition: Condition = EVERYBODY
    ids: IdList | None = None
    """Only these accounts; None: everybody who owes something."""

    @property
    def words(self) -> str:
        """The selection for the record; empty for everybody."""
        parts = [self.ids.words] if self.ids is not None else []
        condition = words_of(self.condition)
        return "; ".join([*parts, *([condition] if condition else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """An account that was asked for, and why it is left out if it is."""

    account_id: str
    candidate: Candidate | None
    """None: there is no such account."""
    excluded: Excluded | None


@dataclass(slots=True, kw_only=True)
class SelectionTotals:
    """What a walk came to so far: numbers only, however many accounts it saw."""

    members: int = 0
    members_minor: dict[str, int] = field(default_factory=dict)
    """What the members owe, by currency, in minor units."""
    by_currency: dict[str, int] = field(default_factory=dict)
    exclusions: dict[str, int] = field(default_factory=dict)
    """How many were left out, by reason."""
    excluded_minor: dict[str, dict[str, int]] = field(default_factory=dict)
    """What they owe: by reason, then by currency."""

    def add(self, chosen: Chosen) -> None:
        """Count one account more."""
        candidate = chosen.candidate
        if chosen.excluded is None and candidate is not None:
            self.members += 1
            _count(self.by_currency, candidate.currency, 1)
            _count(self.members_minor, candidate.currency, candidate.balance_minor)
        elif chosen.excluded is not None:
            reason = chosen.excluded.reason.value
            _count(self.exclusions, reason, 1)
            if candidate is not None and candidate.balance_minor > 0:
                _count(self.excluded_minor.setdefault(reason, {}), candidate.currency, candidate.balance_minor)


def _count(counts: dict[str, int], name: str, number: int) -> None:
    counts[name] = counts.get(name, 0) + number


def choose(
    engine: Engine,
    selection: Selection,
    strategies: Sequence[Strategy],
    now: datetime,
    *,
    campaign_id: str = "",
    after: str = "",
    page_size: int = PAGE_SIZE,
) -> Iterator[list[Chosen]]:
    """Every account that the selection means, page by page, each with whether it may be enrolled by the strategies.

    A page is never empty. Other campaigns that enrol an account count, `campaign_id` itself does not.
    """
    known = _listed(engine, selection.ids, page_size) if selection.ids is not None else None
    pages = known if known is not None else _owing(engine, selection.condition, now, after, page_size)
    for ids in pages:
        with reading(engine) as connection:
            found = {
                each.candidate.account_id: each.candidate
                for each in read_candidates(connection, ids, now, campaign_id=campaign_id)
            }
        page = [_judged(account_id, found.get(account_id), strategies) for account_id in ids]
        wanted = [each for each in page if _is_wanted(each, selection.condition)]
        if wanted:
            yield wanted


def _judged(account_id: str, candidate: Candidate | None, strategies: Sequence[Strategy]) -> Chosen:
    if candidate is None:
        gone = Excluded(reason=Exclusion.UNKNOWN_ACCOUNT, why=Exclusion.UNKNOWN_ACCOUNT.words)
        return Chosen(account_id=account_id, candidate=None, excluded=gone)
    return Chosen(account_id=account_id, candidate=candidate, excluded=exclusion(candidate, strategies))


def _is_wanted(chosen: Chosen, condition: Condition) -> bool:
    """What was named and is not there is told as well."""
    return chosen.candidate is None or holds_for(condition, chosen.candidate)


def _listed(engine: Engine, ids: IdList, page_size: int) -> Iterator[list[str]]:
    return ids.pages(page_size)


def _owing(engine: Engine, condition: Condition, now: datetime, after: str, page_size: int) -> Iterator[list[str]]:
    wanted = (
        select(_account.c.account_id)
        .join_from(_account, _person, _person.c.person_id == _account.c.person_id)
        .where(_account.c.account_id > bindparam("after"), _account.c.balance_minor > 0, narrowed(condition, now))
        .order_by(_account.c.account_id)
        .limit(page_size)
    )
    while True:
        with reading(engine) as connection:
            ids = list(connection.execute(wanted, {"after": after}).scalars())
        if not ids:
            return
        yield ids
        after = ids[-1]


def narrowed(condition: Condition, now: datetime) -> ColumnElement[bool]:
    """What SQL can surely say about the condition: everything that holds is let through, some that does not as well."""
    return _narrowed(plainly(condition), now)


def _narrowed(condition: Condition, now: datetime) -> ColumnElement[bool]:
    if isinstance(condition, Text):
        column = _COLUMNS.get(condition.field)
        if column is None:
            return true()
        return column.not_in(condition.values) if condition.negated else column.in_(condition.values)
    if isinstance(condition, AllOf):
        return and_(true(), *(_narrowed(part, now) for part in condition.parts))
    if isinstance(condition, AnyOf):
        return or_(false(), *(_narrowed(part, now) for part in condition.parts))
    if isinstance(condition, Number) and condition.field is Field.DPD and condition.op in (Op.GE, Op.GT, Op.EQ):
        return _due_by(condition, now)
    return true()


def _due_by(condition: Number, now: datetime) -> ColumnElement[bool]:
    """No account is longer past due than its oldest amount is anywhere on earth."""
    days = min(max(0, int(condition.value)), 100_000)
    latest = local_date(now, FIRST_ZONE) - timedelta(days=days)
    return (
        select(_obligation.c.account_id)
        .where(_obligation.c.account_id == _account.c.account_id, _obligation.c.due_on <= latest)
        .exists()
    )
