"""A move of a case in the words of the case."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from domain.events import StrategyMoved
from domain.negotiation.instalments import PlanStyle
from domain.strategy import NegotiationTerms

if TYPE_CHECKING:  # it imports this file
    from casedb.inbound import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTo:
    """Which case goes where."""

    case_id: str
    strategy: str
    version: str
    terms: NegotiationTerms
    """In the currency of the account."""


def move_event(receipt: "Receipt") -> StrategyMoved:
    """The fact with who did it and why."""
    fact = receipt.fact
    assert fact.move is not None, "checked at the door"
    return StrategyMoved(
        event_id=fact.event_id,
        at=fact.at,
        strategy=fact.move.strategy,
        strategy_version=fact.move.version,
        terms=fact.move.terms,
        by=fact.by,
        why=fact.note,
    )


def move_as_json(move: MoveTo) -> dict[str, Any]:
    """As the inbox keeps it."""
    told = asdict(move)
    return told | {"terms": told["terms"] | {"closed_weekdays": list(move.terms.closed_weekdays)}}


def move_from_json(told: dict[str, Any]) -> MoveTo:
    """As `move_as_json` wrote it."""
    terms = told["terms"]
    read = {"closed_weekdays": tuple(terms["closed_weekdays"]), "plan_style": PlanStyle(terms["plan_style"])}
    return MoveTo(**told | {"terms": NegotiationTerms(**terms | read)})
