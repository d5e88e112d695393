"""The conductor: advances each case's clock to the earlier of its borrower's next deed and its own next step.

    next instant of a person = the earliest of: his next deed, a step of one of his cases, an approver's word
    the sandbox's clock, then the cases' clocks, are put to it; what happens there happens; again

All cases of one person move together, because the law caps contacts over all his accounts; persons move side by side.
A deed at the instant of a step comes first: a payment beats a reminder. Nothing depends on how fast anything runs, so
that two rehearsals of one seed are equal.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from casedb.standing import CaseStanding, PersonOnBook
from domain.requests import ApprovalDecision, Decision
from rehearsal.clocks import CaseClocks
from rehearsal.door import Door
from rehearsal.progress import Progress
from rehearsal.roster import ApproverScript, Roster
from rehearsal.watch import CaseWatch
from rehearsal.world import Deed, World

PEOPLE_AT_ONCE = 30
OFFICE_EVERY = timedelta(days=15)
SAID = "the file was looked at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a rehearsal plays: who, from when to when."""

    people: tuple[PersonOnBook, ...]
    roster: Roster
    starts_at: datetime
    ends_at: datetime

    def office_days(self) -> Iterator[datetime]:
        """When the lender's office makes its files, and at last the end."""
        at = self.starts_at + OFFICE_EVERY
        while at < self.ends_at:
            yield at
            at += OFFICE_EVERY
        yield self.ends_at


OfficeDay = Callable[[datetime], Awaitable[None]]
"""What the lender's office does while all cases stand at one instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """An approver's decision about one account, when it falls."""

    account_id: str
    at: datetime
    decision: ApprovalDecision


@dataclass(slots=True)
class Conductor:
    """Plays a score."""

    score: Score
    world: World
    door: Door
    clocks: CaseClocks
    watch: CaseWatch
    progress: Progress

    async def open_cases(self) -> None:
        """Wait until every account's workflow has opened its case."""
        for person in self.score.people:
            for account in person.accounts:
                await self.watch.until(account.account_id, lambda case: case.decisions > 0, "the opening of its case")

    async def play(self, office: OfficeDay) -> None:
        """Everybody, until the end of the score, while the watch runs; everybody waits for an office day.

        Raises RehearsalFailed when a case stands still.
        """
        plays = [PersonPlay(self, person, self.score.starts_at) for person in self.score.people]
        in_flight = asyncio.Semaphore(PEOPLE_AT_ONCE)

        async def one(play: PersonPlay, until: datetime) -> None:
            async with in_flight:
                await play.play(until)

        for day in self.score.office_days():
            async with asyncio.TaskGroup() as group:
                for each in plays:
                    group.create_task(one(each, day))
            await office(day)


@dataclass(slots=True)
class PersonPlay:
    """One person's way through the score."""

    conductor: Conductor
    person: PersonOnBook
    now: datetime
    said: set[tuple[str, str]] = field(default_factory=set)
    """Approvals about which somebody has spoken, and in which role."""
    begun: bool = False

    async def play(self, until: datetime) -> None:
        """From where it stands."""
        world = self.conductor.world
        if not self.begun:
            self.begun = True
            await world.set_clock(self.person.person_id, self.now)
        while True:
            deed = await world.next_deed(self.person.person_id)
            at = self._next_instant(deed)
            if at is None:
                self.conductor.progress.finished(self.person.person_id)
            if at is None or at > until:
                return
            if at > self.now:
                self.now = at
                await world.set_clock(self.person.person_id, self.now)
            await self._happen(self.now, deed)
            self.conductor.progress.moved(self.person.person_id, self.now)

    def _next_instant(self, deed: Deed | None) -> datetime | None:
        instants = [case.next_at for case in self._open_cases() if case.next_at is not None]
        instants += [word.at for word in self._words()]
        if deed is not None:
            instants.append(deed.at)
        return min(instants, default=None)

    async def _happen(self, now: datetime, deed: Deed | None) -> None:
        """Deeds first, then decisions of people, then what the cases do themselves."""
        if deed is not None and deed.at <= now:
            await self._advance(now)
            await self._do(deed)
            return
        for word in self._words():
            if word.at <= now:
                await self._advance(now)
                await self._say(word)
                return
        await self._step(now)

    async def _advance(self, now: datetime) -> None:
        """All clocks to the instant; a case that would act there is kept just before it."""
        for case in self._open_cases():
            if case.next_at is not None and case.next_at <= now:
                await self.conductor.clocks.approach(case.account_id, case.next_at)
            else:
                await self.conductor.clocks.advance(case.account_id, now)

    async def _step(self, now: datetime) -> None:
        """Let every case that is due act, one after the other, until none is due any more."""
        for case in self._open_cases():
            await self.conductor.clocks.approach(case.account_id, now)
            await self._until_settled(case.account_id, now)
        await self._hear()

    async def _hear(self) -> None:
        """What the providers report of messages that have just been sent, one case after the other."""
        known = {case.account_id: case.decisions for case in self._open_cases()}
        async for account_id in self.conductor.door.bring(self.person.person_id):
            if account_id in known:
                known[account_id] = await self._until_decided(account_id, known[account_id])

    async def _do(self, deed: Deed) -> None:
        known = {case.account_id: case.decisions for case in self._open_cases()}
        accepted = False
        async for account_id in self.conductor.door.deliver(deed):
            accepted = True
            if account_id in known:
                known[account_id] = await self._until_decided(account_id, known[account_id])
        await self.conductor.world.mark_done(deed)
        self.conductor.progress.deed(deed, self.person, accepted=accepted)

    async def _say(self, word: Word) -> None:
        decisions = self.conductor.watch.by_account[word.account_id].decisions
        self.said.add((word.decision.approval_id, word.decision.role))
        if await self.conductor.door.decide(word.account_id, word.decision):
            await self._until_decided(word.account_id, decisions)
            self.conductor.progress.word(word.account_id, word.decision, word.at)

    async def _until_decided(self, account_id: str, decisions: int) -> int:
        case = await self.conductor.watch.until(
            account_id, lambda case: case.decisions > decisions or case.closed_at is not None, "a decision"
        )
        return case.decisions

    async def _until_settled(self, account_id: str, now: datetime) -> None:
        await self.conductor.watch.until(
            account_id,
            lambda case: case.closed_at is not None or (case.next_at is not None and case.next_at > now),
            f"the step due at {now.isoformat()}",
        )

    def _open_cases(self) -> list[CaseStanding]:
        found = (self.conductor.watch.by_account.get(account.account_id) for account in self.person.accounts)
        return [case for case in found if case is not None and case.closed_at is None]

    def _words(self) -> Iterator[Word]:
        """What the approver will say about requests that wait."""
        script = self.conductor.score.roster.approver_of(self.person.person_id)
        if script.says is None:
            return
        for case in self._open_cases():
            if case.approval_id is None or case.requested_at is None:
                continue
            at = case.requested_at + timedelta(days=script.after_days)
            for role, by in self._speakers(script, case.roles or []):
                if (case.approval_id, role) not in self.said:
                    decision = ApprovalDecision(
                        approval_id=case.approval_id, decision=Decision(script.says), by=by, role=role, comment=SAID
                    )
                    yield Word(account_id=case.account_id, at=at, decision=decision)

    def _speakers(self, script: ApproverScript, roles: Sequence[str]) -> list[tuple[str, str]]:
        """Role and person; one no is enough, and leave needs everybody."""
        desk = self.conductor.score.roster.desk.roles
        if script.says == Decision.GRANT.value and roles:
            return [(role, desk[role]) for role in roles if role in desk]
        return [("", script.by)]
