"""What the sweep and its activities say to each other: ids, counts and amounts only."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

SWEEP_WORKFLOWS = "sweep_workflows"
SETTLE_ORPHANS = "settle_orphans"
SWEEP_ACCOUNTS = "sweep_accounts"
REPORT_OVERDUE = "report_overdue"
CHECK_INVARIANTS = "check_invariants"

LISTED = 50
"""How many ids or reasons of one sort a sweep names; it counts them all."""
ORPHANS_HELD = 1000
"""How many orphans one sweep settles; the next one goes on."""


class LeftAlone(StrEnum):
    """Why an account that owes got no case."""

    NOT_DUE = "not_due"
    """In its own calendar nothing is overdue yet."""
    IMMATERIAL = "immaterial"
    """Less than the strategy asks for."""
    GONE = "gone"
    """The last case went to law or back to the lender: a human decides."""
    SHIELDED = "shielded"
    """The person is restricted or erased: nobody is collected who may not be contacted."""
    ENROLLING = "enrolling"
    """A campaign that runs starts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One account that could not be dealt with, and why; the sweep went on."""

    about: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a sweep did so far; two of them add up."""

    accounts: int = 0
    """Looked at: they owe something that fell due, or have an open case."""
    started: int = 0
    courtesies: int = 0
    """Started before they fall due, for one courtesy reminder; `started` does not count them."""
    already_running: int = 0
    """Somebody else started them just now."""
    restored: int = 0
    """Open cases whose workflow was lost, and is there again."""
    restored_accounts: tuple[str, ...] = ()
    left_alone: dict[str, int] = field(default_factory=dict)
    started_minor: dict[str, int] = field(default_factory=dict)
    """What the started accounts owe, per currency in minor units."""
    problems: int = 0
    named_problems: tuple[Problem, ...] = ()

    def plus(self, other: "Tally") -> "Tally":
        """Both together; of what is named, the first ones stay."""
        return Tally(
            accounts=self.accounts + other.accounts,
            started=self.started + other.started,
            courtesies=self.courtesies + other.courtesies,
            already_running=self.already_running + other.already_running,
            restored=self.restored + other.restored,
            restored_accounts=(*self.restored_accounts, *other.restored_accounts)[:LISTED],
            left_alone=_summed(self.left_alone, other.left_alone),
            started_minor=_summed(self.started_minor, other.started_minor),
            problems=self.problems + other.problems,
            named_problems=(*self.named_problems, *other.named_problems)[:LISTED],
        )


def _summed(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}


def problem(about: str, reason: str) -> Tally:
    """A tally of one problem."""
    return Tally(problems=1, named_problems=(Problem(about=about, reason=reason),))


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowsPage:
    """Look at the next running workflows."""

    token: str
    limit: int
    opening_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptWorkflows:
    """What was found; no token when there is nothing left to look at."""

    token: str
    seen: int
    orphans: tuple[str, ...]
    """Accounts whose workflow runs while the case database has no open case of theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphansFound:
    """Everything that runs without a case, and out of how many."""

    accounts: tuple[str, ...]
    seen: int
    opening_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphansSettled:
    """What became of them: asked to end, or left to a human with the reason."""

    ended: tuple[str, ...] = ()
    left: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsPage:
    """Look at the next accounts after one."""

    after: str
    limit: int
    starts_per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptAccounts:
    """What was done; no last account when there was none left."""

    last_account_id: str | None = None
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueTotal:
    """Overdue accounts of one currency and bucket, and what they owe in minor units."""

    currency: str
    bucket: str
    accounts: int
    total_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueReport:
    """The report that a sweep wrote."""

    path: str
    totals: tuple[OverdueTotal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """Ask every invariant about what happened within so many hours."""

    hours: int = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the watch found."""

    broken: dict[str, int] = field(default_factory=dict)
    """Of each invariant that does not hold, in how many places."""
    raised: int = 0
    """Tasks that were new."""
    stuck: int = 0
    """Open cases that do not move."""
    freed: int = 0
    """Tasks that ended because their case moves again."""
    problems: tuple[Problem, ...] = ()
    """Invariants that could not be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepProgress:
    """How far a sweep has come; what continue-as-new takes along."""

    listing: bool = True
    """Whether running workflows are still being looked at; accounts come after them."""
    token: str = ""
    workflows: int = 0
    orphans: tuple[str, ...] = ()
    settled: OrphansSettled = OrphansSettled()
    after: str = ""
    tally: Tally = Tally()

    def with_workflows(self, page: SweptWorkflows) -> "SweepProgress":
        """One page of workflows further."""
        return replace(
            self,
            token=page.token,
            workflows=self.workflows + page.seen,
            orphans=(*self.orphans, *page.orphans)[:ORPHANS_HELD],
        )

    def with_accounts(self, page: SweptAccounts) -> "SweepProgress":
        """One page of accounts further."""
        return replace(self, after=page.last_account_id or self.after, tally=self.tally.plus(page.tally))


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRequest:
    """Start what events missed, bring back what was lost, and report who is overdue."""

    page_size: int = 500
    pages_per_run: int = 50
    starts_per_second: float = 20.0
    """So that a backlog does not become a wall."""
    opening_minutes: int = 10
    """How long a workflow may run before having no case makes it an orphan."""
    times: str = ""
    """When the schedule starts it, in words; empty: it was started by hand."""
    progress: SweepProgress = SweepProgress()


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    """What a sweep found and did."""

    tally: Tally
    workflows: int
    """Running workflows that were looked at."""
    orphans_ended: tuple[str, ...]
    orphans_left: tuple[Problem, ...]
    report: OverdueReport | None = None
    checked: Checked | None = None
    """None: it was not asked, or could not be."""


SWEEP_PAYLOAD_TYPES: tuple[object, ...] = (
    SweepRequest,
    SweepResult,
    WorkflowsPage,
    SweptWorkflows,
    OrphansFound,
    OrphansSettled,
    AccountsPage,
    SweptAccounts,
    OverdueReport,
    CheckRequest,
    Checked,
)
"""Every type that a payload of a sweep is read as."""
