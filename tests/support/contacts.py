"""One touch of one case, played on a stage: the request, the activity, and what every record says afterwards."""

import signal
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from os import getpid, kill
from typing import Any

from sqlalchemy import Engine, event, func, insert, select, update

from activities.cases import CaseActivities
from activities.channel import ChannelAdapter, FindOutcome, OutboundMessage, SendOutcome
from activities.contact import GovernedContact
from activities.planning import Planner
from casedb import schema
from casedb.engine import reading, writing
from config.settings import load_settings
from domain.case import CaseState
from domain.step import NextStep
from domain.strategy import WhenLost
from domain.vocabulary import Channel
from sandbox.network import Message
from tests.sandbox.serving import controls
from tests.support.stage import OPENED_AT, Stage
from worker import Dependencies, create_contact, create_counsel, create_dependencies
from workflows.messages import OpenRequest, PlanInput, StepOutcome, StepRequest

PERSONAL = ("Ada", "Invented", "2125550123", "ada@mail")
"""Of the stage's person: nowhere but in the case database and at the provider."""
AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """The activities on a stage."""

    stage: Stage
    cases: CaseActivities
    governed: GovernedContact

    @property
    def engine(self) -> Engine:
        """The case database."""
        return self.stage.engine

    def request(self, account_id: str = "acc-1", now: datetime | None = None) -> StepRequest:
        """Open the account's case; the request of its first touch, at the instant it is due."""
        opened = self.cases.open_case(
            OpenRequest(account_id=account_id, strategy="wallet-standard", campaign_id=None, now=OPENED_AT)
        )
        assert opened.case is not None
        assert opened.step is not None
        return StepRequest(case=opened.case, step=opened.step, now=now or opened.step.at)

    def plan(self, case: CaseState, now: datetime) -> NextStep:
        """What is next for the case as the database stands."""
        return self.cases.plan(PlanInput(case=case, because="test", now=now))

    def contact(self, request: StepRequest, **policy: Any) -> StepOutcome:
        """Run the activity, with another policy if one is given."""
        governed = replace(self.governed, policy=replace(self.governed.policy, **policy)) if policy else self.governed
        return governed.contact(request)

    def through(self, channel: Channel, adapter: ChannelAdapter) -> "Play":
        """The same play with another adapter for a channel."""
        adapters = {**self.governed.adapters, channel: adapter}
        return replace(self, governed=replace(self.governed, adapters=adapters))

    def when_lost(self, wanted: WhenLost) -> "Play":
        """The same play under strategies whose reminders treat lost messages so."""
        strategies = {
            name: replace(strategy, stages=(replace(strategy.stages[0], when_lost=wanted), *strategy.stages[1:]))
            for name, strategy in self.governed.planner.strategies.items()
        }
        planner = replace(self.governed.planner, strategies=strategies)
        return replace(self, governed=replace(self.governed, planner=planner))

    def received(self) -> tuple[Message, ...]:
        """What the providers accepted."""
        return self.stage.sandbox.network.messages()

    def fault(self, api: str, kind: str, **more: Any) -> None:
        """Let the next request to a provider go wrong."""
        with controls(self.stage.sandbox) as client:
            assert client.post("/faults", json={"api": api, "kind": kind, **more}).status_code == 200

    def rows(self, table: str) -> list[Any]:
        """Every row of a table, in the order of its first column."""
        found = getattr(schema, table)
        with reading(self.engine) as connection:
            return list(connection.execute(select(found).order_by(next(iter(found.c)))))

    def touch(self) -> Any:
        """The only touch."""
        (row,) = self.rows("touch")
        return row

    def change(self, table: str, **values: Any) -> None:
        """Change every row of a table, as somebody else would in between."""
        with writing(self.engine) as connection:
            connection.execute(update(getattr(schema, table)).values(**values))

    def add(self, table: str, **values: Any) -> None:
        """Add a row, as somebody else would in between."""
        with writing(self.engine) as connection:
            connection.execute(insert(getattr(schema, table)).values(**values))

    def counted(self) -> int:
        """Touches that count against the caps, over all accounts."""
        touch = schema.touch
        counts = select(func.count()).where(touch.c.status.in_(("claimed", "sent", "unknown")))
        with reading(self.engine) as connection:
            return int(connection.execute(counts).scalar_one())


def play_on(stage: Stage) -> Play:
    """The activities of a stage, as the worker makes them."""
    return Play(stage=stage, **_activities(stage.settings, stage.dependencies))


def _activities(settings: Any, dependencies: Dependencies) -> dict[str, Any]:
    planner = Planner(dependencies.rules.strategies, frozenset(dependencies.adapters))
    return {
        "cases": CaseActivities(dependencies.engine, planner, create_counsel(dependencies, planner)),
        "governed": create_contact(settings, dependencies, planner),
    }


@dataclass(frozen=True, slots=True)
class DyingAdapter:
    """Delegates to a real adapter and kills the process before or after."""

    real: ChannelAdapter
    point: str

    @property
    def provider(self) -> str:
        """As the real one."""
        return self.real.provider

    def send(self, message: OutboundMessage) -> SendOutcome:
        """Die before the provider hears of it, after it took it, or not here."""
        if self.point == "after the claim, before sending":
            die()
        answer = self.real.send(message)
        if self.point == "after the provider accepted, before confirming":
            die()
        return answer

    def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
        """As the real one."""
        return self.real.find(to=to, reference=reference, since=since)


CRASHES = (
    "before the claim is committed",
    "after the claim, before sending",
    "after the provider accepted, before confirming",
    "before the confirmation is committed",
    "after the confirmation, before returning",
)
_DIES_IN_COMMIT = {"before the claim is committed": 1, "before the confirmation is committed": 2}


def die() -> None:
    """End this process as the kernel would: no handler runs."""
    kill(getpid(), signal.SIGKILL)


def contact_in_this_process(database_url: str, sandbox_url: str, request: StepRequest, point: str = "") -> None:
    """Run the contact as a worker's process would, and die at a point; the target of a child process."""
    settings = load_settings(
        None, database_url=database_url, twilio_base_url=sandbox_url, sendgrid_base_url=sandbox_url
    )
    dependencies = create_dependencies(settings)
    dying: dict[Channel, ChannelAdapter] = {
        channel: DyingAdapter(adapter, point) for channel, adapter in dependencies.adapters.items()
    }
    governed: GovernedContact = _activities(settings, replace(dependencies, adapters=dying))["governed"]
    left = [_DIES_IN_COMMIT.get(point, 0)]

    def count_commits(connection: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            die()

    event.listen(dependencies.engine, "commit", count_commits)
    governed.contact(request)
    if point == "after the confirmation, before returning":
        die()
