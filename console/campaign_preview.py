"""`campaign preview`: who would be enrolled, what they would be sent and when, and what it would cost."""

import csv
from collections.abc import Iterator
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
from console.campaign_cost import cost_as_json, estimate_cost
from console.campaign_outlook import Outlook, Preview, preview_as_json
from console.campaign_preview_screen import show_preview
from console.campaign_start import UNASKED, counting, slug
from console.output import screen, write_json
from console.session import Session, session
from console.splitting import arms_in_words, read_split
from domain.errors import InvalidInput
from domain.experiments.assignment import Arm, arm_of
from domain.sampling import StableSample
from domain.selection import Candidate

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
        cost = estimate_cost(preview, opened.settings.prices())
    if as_json:
        told = preview_as_json(preview)
        money = {"sms_parts_if_nobody_pays": cost.planned_sms_parts, "cost": cost_as_json(cost)}
        write_json(told | {"estimate": told["estimate"] | money})
    else:
        show_preview(screen(), preview, cost, asks=preview.totals.members > UNASKED, written=request.write)
    return 0


def _preview(opened: Session, request: PreviewRequest, *, quiet: bool) -> Preview:
    rules = load_rules(opened.settings)
    renderer = MessageRenderer(opened.settings.templates_dir, rules.template_names)
    previewer = Previewer.of(opened.settings, opened.engine, rules, renderer, create_adapters(opened.settings))
    arms, strategies = read_split(previewer.planner, request.strategy, request.split)
    sides = Sides(arms=arms, salt=slug(request.name) if request.name else NAMELESS)
    selection = request.asked.selection()
    now, totals, chosen = datetime.now(UTC), SelectionTotals(), StableSample(request.sample)
    with _sink(request.write) as keep, counting("looking at", shown=not quiet) as on_page:
        for page in choose(opened.engine, selection, strategies, now):
            for each in page:
                totals.add(each)
                sides.add(each)
                keep(each)
                if each.excluded is None:
                    chosen.add(each.account_id)
            if on_page is not None:
                on_page(totals)
    outlook, of_arm = Outlook(), {arm.name: strategy for arm, strategy in zip(arms, strategies, strict=True)}
    with reading(opened.engine) as connection:
        people = {each.candidate.account_id: each for each in read_candidates(connection, chosen.ids, now)}
    for account_id, place in sorted(chosen.places.items()):
        strategy, starts_at = of_arm[sides.of(people[account_id].candidate).name], request.starts_at(now, place)
        outlook.add(previewer.first_contact(account_id, strategy, starts_at, spread_minutes=request.spread_minutes))
    return Preview(
        at=now,
        selection=selection.words,
        strategy=arms_in_words(arms),
        starts_per_second=request.starts_per_second,
        totals=totals,
        outlook=outlook,
        members_by_arm=sides.members if request.split else {},
    )


@dataclass(slots=True, kw_only=True)
class Sides:
    """Who is in which arm."""

    arms: tuple[Arm, ...]
    salt: str
    members: dict[str, int] = field(default_factory=dict)

    def of(self, candidate: Candidate) -> Arm:
        """The arm of the account's person."""
        return arm_of(candidate.person_id, self.arms, salt=self.salt)

    def add(self, chosen: Chosen) -> None:
        """Count a member."""
        if chosen.excluded is None and chosen.candidate is not None:
            name = self.of(chosen.candidate).name
            self.members[name] = self.members.get(name, 0) + 1


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
