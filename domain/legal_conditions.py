"""The conditions of going to law: each with its answer, so that what is not met can be told to a person."""

from datetime import datetime, timedelta

from domain.calendar import at_local, local_date
from domain.escalation import Condition, LegalFacts
from domain.negotiation.checks import planned, promised, settling
from domain.schedule import upcoming_touch
from domain.situation import Situation


def ladder_over_at(moment: Situation) -> datetime:
    """When the last touch of the ladder has had its time; told as if there were none left."""
    last = moment.strategy.stages[-1]
    anchor = moment.case.last_touch_at or moment.case.opened_at
    on = local_date(anchor, moment.case.zone) + timedelta(days=last.wait_days)
    return at_local(on, last.touches[-1].at, moment.case.zone)


def conditions(moment: Situation, legal: LegalFacts) -> tuple[Condition, ...]:
    """Every condition in the order in which a person would settle them."""
    law_met = "no rule of the profile forbids it"
    return (
        _ladder(moment),
        _condition(
            "notices",
            f"no proof of delivery of {', '.join(legal.unproved)}" if legal.unproved else "",
            "every mandatory notice is proved delivered",
        ),
        _holds(moment),
        _agreements(moment),
        _condition("amount", legal.amount_fault, "the ledger evidences the amount"),
        _condition("evidence", legal.evidence_fault, "contract and limitation were looked at"),
        _condition(
            "approvers",
            f"{', '.join(legal.unauthorised)} had not that role" if legal.unauthorised else "",
            "whoever approved had the role",
        ),
        _condition("law", legal.law, law_met),
    )


def unmet(found: tuple[Condition, ...]) -> str:
    """What is not met, in one sentence; empty when all is."""
    return "; ".join(f"{each.name}: {each.says}" for each in found if not each.met)


def _condition(name: str, fault: str, met: str) -> Condition:
    return Condition(name=name, met=not fault, says=fault or met)


def _ladder(moment: Situation) -> Condition:
    upcoming = upcoming_touch(moment)
    if upcoming is not None:
        return Condition(name="ladder", met=False, says=f"{upcoming.key} is still to be made")
    over_at = ladder_over_at(moment)
    if moment.now < over_at:
        return Condition(name="ladder", met=False, says=f"the last touch has time until {over_at:%Y-%m-%d %H:%M} UTC")
    return Condition(name="ladder", met=True, says="every touch of the ladder was made")


def _holds(moment: Situation) -> Condition:
    active = [hold for hold in moment.case.holds if hold.active_at(moment.now)]
    if not active:
        return Condition(name="holds", met=True, says="no hold is in force")
    named = ", ".join(f"{hold.kind.value} ({hold.hold_id})" for hold in active)
    return Condition(name="holds", met=False, says=f"held for {named}")


def _agreements(moment: Situation) -> Condition:
    for check in (settling, promised, planned):
        finding = check(moment)
        if finding.action is not None:
            return Condition(name="agreements", met=False, says=finding.says)
    return Condition(name="agreements", met=True, says="no promise, plan or settlement is in force")
