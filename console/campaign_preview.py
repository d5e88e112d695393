"""`campaign preview`: who would be enrolled, what they would be sent and when, and what it would cost."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from activities.previewing import Previewer
from activities.registry import create_adapters
from casedb.candidates import read_candidates
from casedb.engine import reading
from casedb.selecting import Chosen, SelectionTotals, choose
from config.messages import MessageRenderer
from config.rules import load_rules
from console.asked_accounts import Asked
from console.campaign_outlook import Expected, Outlook, Preview
from console.campaign_preview_data import preview_as_json
from console.campaign_preview_screen import show_preview
from console.campaign_start import UNASKED, counting, slug
from console.output import screen, write_json
from console.session import Session, session
from console.splitting import arms_in_words, read_split
from domain.errors import InvalidInput
from domain.experiments.assignment import Arm, arm_of
from domain.sampling import StableSample
from domain.selection import Candidate
from domain.strategy import Strategy

EVERYBODY = ""
"""In the place of an arm's name."""
NAMELESS = "preview"
"""The salt of a campaign that has no name yet: as many people in each arm, and others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRequest:
    """What is looked at, and how far."""

    asked: Asked
    strategy: str
    spread_minutes: int
    starts_per_second: float
    """At which cases would be started: the last of a large campaign are started hours after the first."""
    sample: int
    write: Path | None
    split: tuple[str, ...] = ()
    name: str = ""
    """Of the campaign to come: who is in which arm depends on it."""

    def starts_at(self, now: datetime, place: int) -> datetime:
        """When the case begins before which so many others do: a start takes members in the order of the walk."""
        return now + timedelta(seconds=place / self.starts_per_second)


def preview_campaign(request: PreviewRequest, *, as_json: bool) -> int:
    """Tell what `campaign start` would do now; nothing is sent, nothing recorded."""
    with session() as opened:
        preview = _preview(opened, request, quiet=as_json)
        prices = opened.settings.prices()
    if as_json:
        write_json(preview_as_json(preview, prices))
    else:
        show_preview(screen(), preview, prices, asks=preview.totals.members > UNASKED, written=request.write)
    return 0


def _preview(opened: Session, request: PreviewRequest, *, quiet: bool) -> Preview:
    rules = load_rules(opened.settings)
    renderer = MessageRenderer(opened.settings.templates_dir, rules.template_names)
    previewer = Previewer.of(opened.settings, opened.engine, rules, renderer, create_adapters(opened.settings))
    arms, strategies = read_split(previewer.planner, request.strategy, request.split)
    sides = Sides(arms=arms, strategies=strategies, salt=slug(request.name) if request.name else NAMELESS)
    walk, selection = Walk(sides=sides, sample=StableSample(request.sample)), request.asked.selection()
    now = datetime.now(UTC)
    with _sink(request.write) as keep, counting("looking at", shown=not quiet) as on_page:
        for page in choose(opened.engine, selection, strategies, now):
            for each in page:
                walk.add(each)
                keep(each)
            if on_page is not None:
                on_page(walk.totals)
    outlooks = _look_ahead(opened, request, walk, previewer, now)
    return Preview(
        at=now,
        selection=selection.words,
        strategy=arms_in_words(arms),
        starts_per_second=request.starts_per_second,
        totals=walk.totals,
        outlook=outlooks.pop(EVERYBODY),
        arms={name: Expected(members=sides.members.get(name, 0), outlook=its) for name, its in outlooks.items()},
    )


def _look_ahead(
    opened: Session, request: PreviewRequest, walk: "Walk", previewer: Previewer, now: datetime
) -> dict[str, Outlook]:
    """What the sample comes to: everybody's together, and beside it each arm's if there are several."""
    sides, places = walk.sides, walk.sample.places
    outlooks = {EVERYBODY: Outlook()} | {arm.name: Outlook() for arm in sides.arms if request.split}
    with reading(opened.engine) as connection:
        people = {each.candidate.account_id: each.candidate for each in read_candidates(connection, [*places], now)}
    for account_id, place in sorted(places.items()):
        arm, starts_at = sides.of(people[account_id]), request.starts_at(now, place)
        strategy, spread = sides.strategy_of(arm), request.spread_minutes
        found = previewer.first_contact(account_id, strategy, starts_at, spread_minutes=spread)
        outlooks[EVERYBODY].add(found, arm.name)
        if request.split:
            outlooks[arm.name].add(found, arm.name)
    return outlooks


@dataclass(slots=True, kw_only=True)
class Sides:
    """Who is in which arm."""

    arms: tuple[Arm, ...]
    strategies: Sequence[Strategy]
    """In the order of the arms."""
    salt: str
    members: dict[str, int] = field(default_factory=dict)

    def of(self, candidate: Candidate) -> Arm:
        """The arm of the account's person."""
        return arm_of(candidate.person_id, self.arms, salt=self.salt)

    def strategy_of(self, arm: Arm) -> Strategy:
        """What the arm's cases go by."""
        return self.strategies[self.arms.index(arm)]

    def add(self, candidate: Candidate) -> None:
        """Count a member."""
        name = self.of(candidate).name
        self.members[name] = self.members.get(name, 0) + 1


@dataclass(slots=True, kw_only=True)
class Walk:
    """Everybody who was asked for, counted, and a sample of the members."""

    sides: Sides
    sample: StableSample
    totals: SelectionTotals = field(default_factory=SelectionTotals)

    def add(self, chosen: Chosen) -> None:
        """One account more."""
        self.totals.add(chosen)
        if chosen.excluded is None and chosen.candidate is not None:
            self.sides.add(chosen.candidate)
            self.sample.add(chosen.account_id)


@contextmanager
def _sink(path: Path | None) -> Iterator[Any]:
    """Where each account goes as it is looked at; nowhere without a file."""
    if path is None:
        yield lambda chosen: None
        return
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            yield _writer(stream)
    except OSError as error:
        raise InvalidInput(f"file {path} cannot be written: {error.strerror}") from None


def _writer(stream: TextIO) -> Any:
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(("account_id", "would", "reason", "why"))

    def keep(chosen: Chosen) -> None:
        excluded = chosen.excluded
        told = ("leave_out", excluded.reason.value, excluded.why) if excluded else ("enrol", "", "")
        rows.writerow((chosen.account_id, *told))

    return keep
