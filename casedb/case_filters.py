"""Which cases are wanted: what `case list` asks of the case database, as conditions of one statement."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select

from casedb import schema
from domain.vocabulary import Stage, TaskKind

_case, _account, _person = schema.case, schema.account, schema.person
_hold, _task = schema.hold, schema.human_task


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Every field that is not None must hold; none of them: every case."""

    accounts: frozenset[str] | None = None
    account_id: str | None = None
    person_id: str | None = None
    campaign_id: str | None = None
    strategy: str | None = None
    jurisdiction: str | None = None
    stage: Stage | None = None
    currency: str | None = None
    owes_at_least: int | None = None
    """In minor units; with a currency, for amounts of two currencies do not compare."""
    owes_at_most: int | None = None
    next_before: datetime | None = None
    next_from: datetime | None = None
    opened_from: datetime | None = None
    is_open: bool | None = None
    held: bool | None = None
    """By a hold on the person, the account or one amount due, in force at `now`."""
    waits_for_a_person: bool | None = None
    task: TaskKind | None = None
    now: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it lets every case through."""
        return all(getattr(self, field.name) is None for field in fields(self) if field.name != "now")

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """For a statement that joins case, account and person."""
        yield from self._of_ids()
        yield from self._of_money()
        yield from self._of_time()
        if self.held is not None:
            yield self._held() if self.held else ~self._held()
        if self.waits_for_a_person is not None:
            waits = _open_task()
            yield waits if self.waits_for_a_person else ~waits
        if self.task is not None:
            yield _open_task(self.task)

    def _of_ids(self) -> Iterator[ColumnElement[bool]]:
        wanted = (
            (_case.c.account_id, self.account_id),
            (_case.c.person_id, self.person_id),
            (_case.c.campaign_id, self.campaign_id),
            (_case.c.strategy, self.strategy),
            (_case.c.stage, self.stage.value if self.stage is not None else None),
            (_person.c.jurisdiction, self.jurisdiction),
        )
        yield from (column == value for column, value in wanted if value is not None)
        if self.accounts is not None:
            yield _case.c.account_id.in_(sorted(self.accounts))

    def _of_money(self) -> Iterator[ColumnElement[bool]]:
        if self.currency is not None:
            yield _account.c.currency == self.currency
        if self.owes_at_least is not None:
            yield _account.c.balance_minor >= self.owes_at_least
        if self.owes_at_most is not None:
            yield _account.c.balance_minor <= self.owes_at_most

    def _of_time(self) -> Iterator[ColumnElement[bool]]:
        """What is next of a closed case is nothing, so a bound on it leaves open ones."""
        if self.is_open is not None:
            yield _case.c.closed_at.is_(None) if self.is_open else _case.c.closed_at.is_not(None)
        if self.next_before is not None or self.next_from is not None:
            yield _case.c.closed_at.is_(None)
        if self.next_before is not None:
            yield _case.c.next_at < self.next_before
        if self.next_from is not None:
            yield _case.c.next_at >= self.next_from
        if self.opened_from is not None:
            yield _case.c.opened_at >= self.opened_from

    def _held(self) -> ColumnElement[bool]:
        return exists(
            select(_hold.c.hold_id).where(
                _hold.c.person_id == _case.c.person_id,
                or_(_hold.c.account_id.is_(None), _hold.c.account_id == _case.c.account_id),
                _hold.c.released_at.is_(None),
                _hold.c.starts_at <= self.now,
                or_(_hold.c.ends_at.is_(None), _hold.c.ends_at > self.now),
            )
        )


def _open_task(kind: TaskKind | None = None) -> ColumnElement[bool]:
    of_kind = [_task.c.kind == kind.value] if kind is not None else []
    return exists(
        select(_task.c.task_id).where(and_(_task.c.case_id == _case.c.case_id, _task.c.done_at.is_(None), *of_kind))
    )
