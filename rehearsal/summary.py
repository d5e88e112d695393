"""What a rehearsal comes to: counted from the case database, and judged by the sandbox's own record."""

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from casedb.standing import Totals
from rehearsal.world import INVARIANTS
from workflows.search_attributes import CAMPAIGN

SENT_EQUALS_RECEIVED = "messages_sent_equal_received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """One thing that must never be seen, with how often it was."""

    name: str
    broken: int
    judge: str
    """Who counted: the sandbox alone, the sandbox against our database, the plain record, or our files to others."""

    @property
    def holds(self) -> bool:
        """Whether it was never seen."""
        return self.broken == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The end of a rehearsal."""

    campaign_id: str
    accounts: int
    people: int
    days: int
    seconds: float
    totals: Totals
    received: int
    """Messages that the sandbox took."""
    invariants: tuple[Invariant, ...]
    temporal_ui: str
    inbox: str
    doors: str
    """Where our web door says what it takes."""

    @property
    def holds(self) -> bool:
        """Whether no invariant is broken."""
        return all(invariant.holds for invariant in self.invariants)

    @property
    def temporal_link(self) -> str:
        """The campaign's cases in the Temporal UI."""
        query = quote(f'{CAMPAIGN.name}="{self.campaign_id}"')
        return f"{self.temporal_ui}/namespaces/default/workflows?query={query}"

    def as_json(self) -> dict[str, Any]:
        """One object for machines: amounts in minor units, rules as `decision rule`."""
        totals = asdict(self.totals)
        totals["stopped"] = {f"{decision} {rule}": n for (decision, rule), n in self.totals.stopped.items()}
        totals["outside"] = {f"{kind} {status}": n for (kind, status), n in self.totals.outside.items()}
        return {
            "campaign": self.campaign_id,
            "accounts": self.accounts,
            "people": self.people,
            "virtual_days": self.days,
            "seconds": round(self.seconds, 1),
            **totals,
            "messages_sent": self.totals.sent,
            "messages_received": self.received,
            "invariants": {invariant.name: invariant.broken for invariant in self.invariants},
            "holds": self.holds,
            "temporal_ui": self.temporal_link,
            "inbox": self.inbox,
            "doors": self.doors,
        }


def judged(findings: dict[str, list[dict[str, Any]]], *, sent: int, received: int) -> tuple[Invariant, ...]:
    """The sandbox's findings, and that what it took is what we say we sent."""
    seen = [Invariant(name=name, broken=len(findings[name]), judge="sandbox") for name in INVARIANTS]
    return (*seen, Invariant(name=SENT_EQUALS_RECEIVED, broken=abs(sent - received), judge="both"))
