"""Placement with an agency: a row in the agency's queue, which the next export tells; undone by a recall."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from activities.escalation.outside_steps import StepOrder, StepTaken, StepUndone
from casedb import placements
from casedb.placements import PlacementOrder
from config.agencies import AGENCIES_FILE, load_agencies
from config.settings import Settings
from domain.errors import InvalidInput, StepRefused
from domain.escalation import OutsideKind, Parameters
from domain.placement.agency import Agency
from domain.placement.life import PlacementStatus

KIND = OutsideKind.AGENCY_PLACEMENT
AGENCY = "agency"


@dataclass(frozen=True, slots=True)
class PlacementStep:
    """An account goes to the agency that the strategy names, on the terms of the file of agencies."""

    agencies: Mapping[str, Agency]
    kind: OutsideKind = KIND

    def problems(self, parameters: Parameters) -> Iterable[str]:
        """It needs an agency that is known, and nothing else."""
        yield from (f"agency_placement has no parameter {name}" for name in parameters if name != AGENCY)
        if parameters.get(AGENCY) not in self.agencies:
            yield f"agency_placement needs agency, one of {', '.join(sorted(self.agencies))}"

    def take(self, connection: Connection, order: StepOrder) -> StepTaken:
        """Put the account into the agency's queue. Raises StepRefused with the reason when it may not go there."""
        agency = self._agency(order)
        wanted = PlacementOrder(key=order.key, account_id=order.account_id, case_id=order.case_id, at=order.at)
        try:
            placed = placements.place(connection, agency, wanted)
        except InvalidInput as error:
            raise StepRefused(str(error)) from None
        return StepTaken(
            reference=f"placement:{placed.file_number}",
            says=f"placed with agency {agency.agency_id} as file number {placed.file_number}: its next export tells it",
        )

    def undo(self, connection: Connection, order: StepOrder) -> StepUndone:
        """Recall it; an agency that was not told yet never hears of it."""
        placed = placements.find_by_order(connection, order.key)
        if placed is None:
            raise StepRefused(f"nothing was placed under {order.key}: a person must look what became of it")
        agency = self.agencies.get(placed.state.agency)
        if agency is None:
            raise StepRefused(f"agency {placed.state.agency} is in the file of agencies no more: put it back")
        state = placements.undo(connection, agency, order.key, f"{order.key}/undo", order.at)
        told = {
            PlacementStatus.CLOSED: "the agency was never told of it",
            PlacementStatus.RECALL_PENDING: f"recalled as {state.recall_reason}, final on {state.recall_on}",
        }
        return StepUndone(
            reference=f"recall:{placed.file_number}",
            says=f"{told.get(state.status, f'it is {state.status.value} already')}: {order.why}",
        )

    def _agency(self, order: StepOrder) -> Agency:
        wanted = order.parameters.get(AGENCY)
        if not isinstance(wanted, str) or wanted not in self.agencies:
            raise StepRefused(f"agency {wanted} of step {order.key} is not in the file of agencies: put it there")
        return self.agencies[wanted]


def create(settings: Settings) -> PlacementStep | None:
    """Off in live mode while the file of agencies is the demo's, whose agencies are invented."""
    if settings.mode == "live" and settings.agencies_file == AGENCIES_FILE:
        return None
    return PlacementStep(load_agencies(settings.agencies_file))
