"""The lender's office in a rehearsal: what people look at before law, and the files to agencies and to the bureaus.

By the very functions of the commands, at the rehearsal's instants, while every case stands still.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from activities.afterwards import Afterwards
from activities.escalation.outside_steps import create_steps
from activities.kept_strategies import KeptStrategies
from activities.planning import Planner
from activities.registry import create_adapters
from casedb.agency_export import export
from casedb.attestations import Attested, attest
from casedb.engine import writing
from casedb.furnishing_export import export_month
from casedb.furnishing_subjects import take_subjects
from casedb.standing import PersonOnBook
from config.agencies import load_agencies
from config.furnishing import load_furnishing
from config.settings import load_settings
from config.strategies import load_strategies
from domain.escalation import Subject
from domain.furnishing.rules import FurnishingRules
from domain.placement.agency import Agency
from rehearsal.roster import Roster
from rehearsal.servers import PROJECT, Places, product_settings

SUBJECTS = PROJECT / "examples" / "furnishing_subjects.csv"


@dataclass(slots=True)
class Office:
    """Works on office days."""

    engine: Engine
    places: Places
    agencies: Mapping[str, Agency]
    furnishing: FurnishingRules
    afterwards: Afterwards
    _months: set[date] = field(default_factory=set, init=False)

    @classmethod
    def of(cls, places: Places, engine: Engine) -> "Office":
        """With the files of agencies and furnishing that the worker has."""
        settings = load_settings(None, **product_settings(places))
        planner = Planner(
            load_strategies(places.strategies), frozenset(create_adapters(settings)), kept=KeptStrategies(engine)
        )
        return cls(
            engine=engine,
            places=places,
            agencies=load_agencies(settings.agencies_file),
            furnishing=load_furnishing(settings.furnishing_file),
            afterwards=Afterwards(engine=engine, steps=create_steps(settings), planner=planner),
        )

    def prepare(self, people: Iterable[PersonOnBook], roster: Roster, at: datetime) -> None:
        """What is attested of each account, and who owes on those that may be furnished."""
        accounts = {account.account_id for person in people for account in person.accounts}
        if roster.desk.attests is not None:
            for person in people:
                if person.person_id not in roster.desk.not_of:
                    self._attest(person, roster, roster.desk.attests, at)
        header, *lines = SUBJECTS.read_text(encoding="utf-8").splitlines()
        known = [line for line in lines if line.partition(",")[0] in accounts]
        if known:
            take_subjects(self.engine, "\n".join([header, *known, ""]).encode(), at)

    async def day(self, at: datetime) -> None:
        """Take back what stands outside of closed cases, and tell agencies and bureaus what they must hear."""
        await asyncio.to_thread(self._day, at)

    def close(self, at: datetime) -> None:
        """The last day also tells the bureaus of the month that runs."""
        self._furnish(at.date().replace(day=1), at)

    def _day(self, at: datetime) -> None:
        self.afterwards.round(at)
        for agency in self.agencies.values():
            with writing(self.engine) as connection:
                made = export(connection, agency, agency.form, at)
                for file in made.files:
                    _put(self.places.agencies / agency.drop_folder / file.name, file.data)
        month = (at.date().replace(day=1) - timedelta(days=1)).replace(day=1)
        if month not in self._months:
            self._furnish(month, at)

    def _furnish(self, month: date, at: datetime) -> None:
        self._months.add(month)
        with writing(self.engine) as connection:
            made = export_month(connection, self.furnishing, month, at, names_original_creditor=False)
            if made.lines:
                _put(self.places.bureaus / made.name, made.data)

    def _attest(self, person: PersonOnBook, roster: Roster, by: str, at: datetime) -> None:
        with writing(self.engine) as connection:
            for account in person.accounts:
                for subject, says in (
                    (Subject.CONTRACT, f"{roster.desk.contract}/{account.account_id}"),
                    (Subject.LIMITATION, "open"),
                    (Subject.VENUE, roster.desk.venue),
                ):
                    attest(
                        connection, Attested(account_id=account.account_id, subject=subject, says=says, by=by, at=at)
                    )


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
