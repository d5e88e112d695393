"""A worker's part of a race, in a process of its own: made once, with rules and templates read, and forked from then.

`multiprocessing`'s fork server imports this file before it forks, so that a race is about the race and not about how
long four processes take to start.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.synchronize import Barrier
from typing import Any

from activities.channel import Accepted, FindOutcome, NotFound, OutboundMessage, SendOutcome
from activities.planning import Planner
from casedb.engine import open_engine
from config.settings import Settings
from domain.vocabulary import Channel
from tests.support import stage as of_stage
from worker import Dependencies, create_contact
from workflows.messages import StepRequest

RULES, RENDERER = of_stage.rules_and_renderer()


@dataclass(slots=True)
class Mailbox:
    """A provider in this process that takes everything."""

    taken: list[str] = field(default_factory=list)
    provider: str = "mailbox"

    def send(self, message: OutboundMessage) -> SendOutcome:
        """Take it."""
        self.taken.append(message.reference)
        return Accepted(provider_id=f"M-{message.reference}")

    def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
        """Nothing is ever lost here."""
        return NotFound()


def race_in_a_process(settings: Settings, requests: list[StepRequest], start: Barrier, told: Any) -> None:
    """Two touches at a time: what became of each, and how many messages this process's provider took."""
    mailbox = Mailbox()
    engine = open_engine(settings.database_url.get_secret_value())
    dependencies = Dependencies(
        engine=engine, rules=RULES, renderer=RENDERER, adapters={Channel.SMS: mailbox, Channel.EMAIL: mailbox}
    )
    planner = Planner(RULES.strategies, frozenset(dependencies.adapters))
    governed = create_contact(settings, dependencies, planner)
    start.wait()
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(governed.contact, requests))
    told.put(([outcome.event.kind if outcome.event else "" for outcome in outcomes], len(mailbox.taken)))
    engine.dispose()
