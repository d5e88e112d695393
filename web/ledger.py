"""The doors of the ledger: what moved and what is overdue, one event or many; stored with its effect, then answered.

In a batch every item is a transaction of its own: good ones go on when others are bad, and the answer says which.
When trouble of ours ends a batch midway it is answered 503, and the same batch again takes what is missing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, BackgroundTasks, Depends, Response
from pydantic import ValidationError
from sqlalchemy import Engine

from casedb.inbox import InboundFact, Receipt
from domain.errors import InvalidInput
from web.answers import Trouble, documented, first_problem, refusal
from web.delinquency_models import Delinquency, DelinquencyBatch
from web.ledger_models import BatchAnswer, ItemAnswer, LedgerBatch, LedgerEvent, Taken
from web.partners import Partners, guarded_by, partner_of, signed
from web.telling import Tell, take_in

PARKED: dict[int | str, dict[str, Any]] = {
    202: {"model": Taken, "description": "Parked: the account is not known here; a person looks after it."}
}
REUSED = "stands for another fact already: a new fact needs an id of its own"

Partner = Annotated[str, Depends(partner_of)]
P = TypeVar("P")


class ReusedId(InvalidInput):
    """An id that came before, with another fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerDoor:
    """The handlers of the ledger; they run in a thread, as they speak to the database."""

    engine: Engine
    partners: Partners
    tell: Tell
    """Brings a stored fact to the cases it is about, after the answer went out."""
    now: Callable[[], datetime]

    def router(self) -> APIRouter:
        """The paths of the ledger."""
        router = APIRouter(
            prefix="/v1",
            tags=["Ledger"],
            route_class=guarded_by(self.partners.guard),
            dependencies=[Depends(signed)],
            responses=documented(401, 413, 422, 503),
        )

        @router.post("/ledger-events", response_model=Taken, responses=PARKED | documented(409))
        def ledger_event(
            event: LedgerEvent, partner: Partner, later: BackgroundTasks, answer: Response
        ) -> Taken | Response:
            """One movement of one account."""
            return self.answered(event.event_id, event.fact(partner, self.now()), later, answer)

        @router.post("/ledger-events/batch")
        def ledger_events(batch: LedgerBatch, partner: Partner, later: BackgroundTasks) -> BatchAnswer:
            """Many movements, each answered for itself."""
            return self.each(batch.events, LedgerEvent, lambda event: event.fact(partner, self.now()), later)

        @router.post("/delinquencies", response_model=Taken, responses=PARKED | documented(409))
        def delinquency(
            told: Delinquency, partner: Partner, later: BackgroundTasks, answer: Response
        ) -> Taken | Response:
            """What is owed on one account as of a day; whoever is overdue by it is collected."""
            return self.answered(told.event_id, told.fact(partner, self.now()), later, answer)

        @router.post("/delinquencies/batch")
        def delinquencies(batch: DelinquencyBatch, partner: Partner, later: BackgroundTasks) -> BatchAnswer:
            """Many of them, each answered for itself."""
            return self.each(batch.delinquencies, Delinquency, lambda told: told.fact(partner, self.now()), later)

        return router

    def answered(self, event_id: str, fact: InboundFact, later: BackgroundTasks, answer: Response) -> Taken | Response:
        """Take one fact, and answer for it."""
        try:
            receipt = self.take(fact, later)
        except ReusedId as error:
            return refusal(409, error.field, str(error))
        answer.status_code = 202 if receipt.parked else 200
        return _taken(event_id, receipt)

    def take(self, fact: InboundFact, later: BackgroundTasks) -> Receipt:
        """Store a fact with its effect. Raises InvalidInput for one that cannot be true."""
        receipt = take_in(self.engine, fact, self.tell, later)
        if receipt.duplicate and _stated(receipt.fact) != _stated(fact):
            raise ReusedId(REUSED, field="event_id")
        return receipt

    def each(
        self, items: Sequence[Any], model: type[P], fact_of: Callable[[P], InboundFact], later: BackgroundTasks
    ) -> BatchAnswer:
        """Take what is good, in order, and say what is not."""
        results = [self._item(index, item, model, fact_of, later) for index, item in enumerate(items)]
        told = [each.status for each in results]
        return BatchAnswer(
            accepted=told.count("accepted"),
            parked=told.count("parked"),
            refused=told.count("refused"),
            results=results,
        )

    def _item(
        self, index: int, item: Any, model: Any, fact_of: Callable[[P], InboundFact], later: BackgroundTasks
    ) -> ItemAnswer:
        event_id = None
        try:
            posted = model.model_validate(item)
            event_id = posted.event_id
            taken = _taken(event_id, self.take(fact_of(posted), later))
        except ValidationError as error:
            return _refused(index, event_id, first_problem(error.errors(include_input=False, include_url=False)))
        except InvalidInput as error:
            return _refused(index, event_id, Trouble(field=error.field or None, message=str(error)))
        return ItemAnswer(index=index, event_id=event_id, status=taken.status)


def _refused(index: int, event_id: str | None, trouble: Trouble) -> ItemAnswer:
    return ItemAnswer(index=index, event_id=event_id, status="refused", error=trouble)


def _taken(event_id: str, receipt: Receipt) -> Taken:
    return Taken(event_id=event_id, status="parked" if receipt.parked else "accepted")


def _stated(fact: InboundFact) -> tuple[Any, ...]:
    """What makes two facts the same; the instant may be written with other digits."""
    return (fact.kind, fact.account_id, fact.amount_minor, fact.currency, fact.owed)
