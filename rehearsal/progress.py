"""What a rehearsal has done so far, for whoever watches: written by the conductor, read by the view."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from casedb.standing import PersonOnBook
from domain.requests import ApprovalDecision
from rehearsal.world import Deed

NEWS_KEPT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing that happened, in a line."""

    at: datetime
    account_id: str
    text: str


@dataclass(slots=True)
class Progress:
    """How far each person is, and the latest news."""

    starts_at: datetime
    ends_at: datetime
    people: int
    news: deque[News] = field(default_factory=lambda: deque(maxlen=NEWS_KEPT))
    _reached: dict[str, datetime] = field(default_factory=dict)
    _finished: set[str] = field(default_factory=set)

    def moved(self, person_id: str, at: datetime) -> None:
        """A person's cases stand at this instant."""
        self._reached[person_id] = at

    def finished(self, person_id: str) -> None:
        """Nothing more happens to this person."""
        self._finished.add(person_id)
        self._reached[person_id] = self.ends_at

    def deed(self, deed: Deed, person: PersonOnBook, *, accepted: bool) -> None:
        """A borrower did something."""
        text = describe(deed)
        self.news.append(
            News(
                at=deed.at,
                account_id=deed.account_id,
                text=text if accepted or deed.kind == "reply" else f"{text} (not taken)",
            )
        )

    def word(self, account_id: str, decision: ApprovalDecision, at: datetime) -> None:
        """An approver decided."""
        verbs = {"grant": "grants", "refuse": "refuses", "renew": "renews"}
        text = f"{decision.by} {verbs[decision.decision.value]} legal escalation"
        self.news.append(News(at=at, account_id=account_id, text=text))

    @property
    def finished_count(self) -> int:
        """People whose story is over."""
        return len(self._finished)

    @property
    def days(self) -> float:
        """Virtual days passed, on the average over all people."""
        passed = sum((at - self.starts_at).total_seconds() for at in self._reached.values())
        return passed / 86_400 / max(1, self.people)

    @property
    def days_in_all(self) -> int:
        """Virtual days of the rehearsal."""
        return (self.ends_at - self.starts_at).days


def describe(deed: Deed) -> str:
    """A deed in a few words; amounts in major units."""
    amount = f"{deed.amount_minor / 100:,.2f} {deed.currency}"
    words = {
        "payment": f"pays {amount}",
        "promise": f"promises {amount}" + (f" by {deed.pays_at:%d %b}" if deed.pays_at else ""),
        "accept_plan": f"accepts a plan of {deed.installments}",
        "dispute": "disputes the debt",
        "resolve_dispute": f"dispute is {deed.outcome}",
        "ask_plan": "asks for a plan",
        "stop_reply": "wants no more texts",
        "reply": "writes back",
    }
    return words.get(deed.kind, deed.kind)
