"""What a case remembers; `domain.case` says how facts change it."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.agreements import ApprovalState, PlanState, PromiseState, SettlementState
from domain.calendar import Pause
from domain.escalation import OutsideState, PutOff
from domain.holds import HoldState, pauses_of
from domain.strategy import NegotiationTerms
from domain.vocabulary import Channel, CloseReason, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWord:
    """What the borrower said last about a channel; in what order it was heard does not matter."""

    channel: Channel
    at: datetime
    stopped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTouch:
    """A touch that failed for technical reasons, so often and last at this instant."""

    key: str
    failures: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseState:
    """Everything a case remembers; small, because it travels in every activity's input."""

    case_id: str
    account_id: str
    person_id: str
    campaign_id: str | None = None
    strategy: str
    strategy_version: str
    jurisdiction: str
    currency: str
    zone: str
    due_on: date
    opened_at: datetime
    terms: NegotiationTerms
    stage: Stage = Stage.REMINDER
    balance_minor: int
    ledger_version: int
    done: tuple[str, ...] = ()
    """Keys of touches made or forgone."""
    forgone: tuple[str, ...] = ()
    """Those of them that never went out; the ladder comes back to a mandatory one."""
    forgone_at: datetime | None = None
    agreed: tuple[str, ...] = ()
    """Kind and id of every promise, plan, relief and approval request so far: an old one changes nothing again."""
    last_touch_at: datetime | None = None
    undelivered: str = ""
    """The last touch made, when it did not arrive: it goes to another address before anything else is said."""
    deferred_touch: str = ""
    deferred_until: datetime | None = None
    deferred_at: datetime | None = None
    """When the latest deferral was told; an older one that comes again changes nothing. So with `failed_at`."""
    failing_touch: str = ""
    failures: int = 0
    failed_at: datetime | None = None
    failed_before: tuple[FailedTouch, ...] = ()
    """Other touches that failed since anything was said: two that take turns must not forget each other's failures."""
    words: tuple[ChannelWord, ...] = ()
    """One per channel that the borrower spoke of, in the order of channels."""
    holds: tuple[HoldState, ...] = ()
    promise: PromiseState | None = None
    plan: PlanState | None = None
    settlement: SettlementState | None = None
    approval: ApprovalState | None = None
    renewed_by: str = ""
    """Who asked for the next request, and may therefore not decide it."""
    outside: tuple[OutsideState, ...] = ()
    """Steps to the outside world, in the order in which they were taken."""
    put_off: PutOff | None = None
    moved_at: datetime | None = None
    """When a person moved it to the strategy that it runs under now; None: it runs under that of its opening."""
    withdrawn: bool = False
    spread_minutes: int = 0
    """Over how much of the day the touches of its campaign are spread."""
    close_reason: CloseReason | None = None

    def failed(self, key: str) -> FailedTouch | None:
        """How often a touch failed since anything was said; None when it did not."""
        if key and self.failing_touch == key and self.failed_at is not None:
            return FailedTouch(key=key, failures=self.failures, at=self.failed_at)
        return next((each for each in self.failed_before if each.key == key), None)

    @property
    def is_closed(self) -> bool:
        """Whether the case ended."""
        return self.stage is Stage.CLOSED

    @property
    def stopped(self) -> tuple[Channel, ...]:
        """Channels that the borrower opted out of, and not in again since."""
        return tuple(word.channel for word in self.words if word.stopped)

    def pauses(self) -> tuple[Pause, ...]:
        """The stretches that do not count as past due."""
        return pauses_of(self.holds, self.due_on)
