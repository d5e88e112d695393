"""What a case would come to if nobody paid and nobody answered: every touch of its way, and what Temporal bills.

About, and to a person's decision: made with the very function that decides live cases, but what the gate puts off
later, what fails and is tried again, and reviews are not in it.
"""

from dataclasses import dataclass
from datetime import datetime

from domain.case import CaseState, apply
from domain.events import ContactMade
from domain.ladder import next_step
from domain.situation import CaseFacts
from domain.step import Contact, Rest
from domain.strategy import Strategy
from domain.vocabulary import Channel

MOST_STEPS = 100
"""More than any ladder has; a case that rests for ever is not followed."""
ACTIONS_AROUND = 4
"""Starting it, opening it, the timer to the ladder's end, and asking for the approval."""
ACTIONS_PER_TOUCH = 2
"""One timer, one activity; so much more for each time that it is put off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The touches that are planned, by the channel that is asked first."""

    channels: tuple[Channel, ...]
    stage_changes: int

    @property
    def actions(self) -> int:
        """Billable actions of Temporal, an upsert at each change of stage among them; nothing is put off."""
        return ACTIONS_AROUND + ACTIONS_PER_TOUCH * len(self.channels) + self.stage_changes


def forecast(case: CaseState, facts: CaseFacts, strategy: Strategy, now: datetime) -> Forecast:
    """Follow the case to where a human has to decide, every message being made at its planned instant."""
    channels: list[Channel] = []
    changes, stage = 0, case.stage
    for _ in range(MOST_STEPS):
        step = next_step(case, facts, strategy, now)
        now = max(now, step.at)
        if isinstance(step.action, Contact):
            channel = next((each for each in step.action.channels if each in facts.channels), step.action.channels[0])
            channels.append(channel)
            case = apply(case, _made(step.action, channel, now))
        elif not (isinstance(step.action, Rest) and step.action.task is None and step.at > case.opened_at):
            break
        changes, stage = changes + (case.stage is not stage), case.stage
    return Forecast(channels=tuple(channels), stage_changes=changes)


def _made(contact: Contact, channel: Channel, at: datetime) -> ContactMade:
    return ContactMade(
        event_id=f"made:{contact.touch_key}", at=at, touch_key=contact.touch_key, stage=contact.stage, channel=channel
    )
