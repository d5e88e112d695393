"""What stands in the way of going to law: facts from the case database, and the verdict of the law on a suit.

Read only when a step towards law is due, so that no other case pays for it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from activities.gatekeeping import known_flags
from activities.planning import Planner
from casedb.attestations import Attested, attested, unproved
from casedb.ledger import items_of
from casedb.snapshot import Snapshot
from domain.agreements import ApprovalState, Vote
from domain.authority import Authority, Standing
from domain.calendar import local_date
from domain.case_state import CaseState
from domain.compliance.facts import Act, CandidateZone
from domain.compliance.gate import check
from domain.compliance.legal import LegalGate
from domain.compliance.profile import Profile
from domain.compliance.vocabulary import ActKind, Medium, Purpose, Role
from domain.escalation import Condition, LegalFacts, OutsideKind, Subject
from domain.ladder import law_conditions
from domain.money import in_words
from domain.step import Escalate, NextStep, RequestApproval, TakeStep
from domain.vocabulary import ApprovalStatus

LIMITATION_OPEN = "open"
LIMITATION_BARRED = "barred"
LEAST_ROLES = ("case_owner",)
"""Who must approve where a profile names nobody."""
NOBODY_LOOKED = LegalFacts(roles=LEAST_ROLES, law="nobody looked at the conditions of going to law")
LONG_AGO = date(2000, 1, 1)
"""Of a letter of claim that is still to be sent, as if its time to reply were over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counsel:
    """Looks at the conditions of going to law, with the laws and the people of this process."""

    planner: Planner
    profiles: Mapping[str, Profile]
    authority: Authority
    tzdata: str

    def next_step(self, connection: Connection, case: CaseState, snapshot: Snapshot, now: datetime) -> NextStep:
        """The next step; one towards law that is due is decided with every condition looked at."""
        step = self.planner.next_step(case, snapshot, now)
        towards_law = isinstance(step.action, RequestApproval | Escalate | TakeStep)
        if not towards_law or step.at > now or self.planner.strategy_of(case, snapshot).escalation is None:
            return step
        suing = isinstance(step.action, TakeStep) and step.action.outside is OutsideKind.COURT_PACK
        asking = isinstance(step.action, RequestApproval)
        legal = self.facts(connection, case, snapshot, now, suing=suing, asking=asking)
        return self.planner.next_step(case, snapshot, now, legal=legal)

    def facts(
        self,
        connection: Connection,
        case: CaseState,
        snapshot: Snapshot,
        now: datetime,
        *,
        asking: bool,
        suing: bool = False,
    ) -> LegalFacts:
        """What stands in the way.

        `asking`: leave is still to be given, so what an earlier one lacks does not matter. `suing`: the letter of
        claim must be sent, and its time to reply over.
        """
        given = None if asking else case.approval
        words = attested(connection, case.account_id)
        strategy = self.planner.strategy_of(case, snapshot)
        notices = [plan.key_of(touch) for plan in strategy.stages for touch in plan.touches if touch.mandatory]
        amount_fault = _amount_fault(connection, snapshot)
        profile = self.profiles.get(case.jurisdiction)
        gate = _gate_of(profile)
        roles = gate.approvals if gate is not None else LEAST_ROLES
        act = Act(
            kind=ActKind.LEGAL_ACTION,
            jurisdiction=case.jurisdiction,
            role=profile.role if profile else Role.CREDITOR,
            at=now,
            channel=Medium.LEGAL_ACTION,
            purpose=Purpose.FILE_SUIT,
            zones=tuple(CandidateZone(name=name) for name in snapshot.zones),
            debt_ids=(case.account_id,),
            flags=replace(
                known_flags(Medium.LEGAL_ACTION, profile, snapshot, now),
                **_checks(case, words, amount_fault),
                **_approvals(given, roles),
                letter_of_claim=_letter(case) if suing else LONG_AGO,
            ),
        )
        verdict = check(act, profile, tzdata=self.tzdata)
        return LegalFacts(
            roles=roles,
            stands_days=gate.expires_after_days if gate is not None else None,
            unproved=unproved(connection, case.case_id, notices, words),
            amount_fault=amount_fault,
            evidence_fault=_evidence_fault(words),
            law="" if verdict.decision == "allow" else verdict.why,
            law_until=verdict.until if verdict.decision == "defer" else None,
            unauthorised=self._unauthorised(given),
        )

    def conditions(
        self, connection: Connection, case: CaseState, snapshot: Snapshot, now: datetime
    ) -> tuple[Condition, ...]:
        """Every condition as it stands, for people; none where the strategy has no escalation."""
        strategy = self.planner.strategy_of(case, snapshot)
        if strategy.escalation is None:
            return ()
        asking = case.approval is None or not case.approval.stands_at(now)
        legal = self.facts(connection, case, snapshot, now, asking=asking)
        return law_conditions(case, self.planner.facts(snapshot), strategy, now, legal)

    def _unauthorised(self, approval: ApprovalState | None) -> tuple[str, ...]:
        """Who spoke in a role that was not the person's at that instant."""
        if approval is None:
            return ()
        return tuple(f"{vote.by} as {vote.role}" for vote in approval.votes if self.standing(vote, approval) is None)

    def standing(self, vote: Vote, approval: ApprovalState) -> Standing | None:
        """By what right somebody approved; None without any at that instant."""
        return self.authority.standing_as(vote.by, vote.role, vote.at, but_not_of=approval.requested_by)


def _gate_of(profile: Profile | None) -> LegalGate | None:
    """The profile's rule about who must approve, if it has one."""
    terms = (rule.terms for rule in (profile.rules if profile else ()))
    return next((each for each in terms if isinstance(each, LegalGate) and each.approvals), None)


def _amount_fault(connection: Connection, snapshot: Snapshot) -> str:
    items = items_of(connection, snapshot.account_id, snapshot.currency)
    if items is None:
        return "the ledger has no entries that make up the balance"
    total = items.total.amount_minor
    if total != snapshot.balance_minor:
        entries, balance = (in_words(each, snapshot.currency) for each in (total, snapshot.balance_minor))
        return f"the ledger's entries sum to {entries} and the balance says {balance}"
    return "nothing is owed" if total <= 0 else ""


def _latest(words: Collection[Attested], subject: Subject) -> str:
    return next((word.says for word in reversed(list(words)) if word.subject is subject), "")


def _evidence_fault(words: Collection[Attested]) -> str:
    faults = []
    if not _latest(words, Subject.CONTRACT):
        faults.append("nobody attested the contract")
    limitation = _latest(words, Subject.LIMITATION)
    if limitation != LIMITATION_OPEN:
        faults.append("the claim is time-barred" if limitation else "nobody looked at the limitation")
    return " and ".join(faults)


def _checks(case: CaseState, words: Collection[Attested], amount_fault: str) -> dict[str, Any]:
    limitation = _latest(words, Subject.LIMITATION)
    return {
        "amount_verified": not amount_fault,
        "contract_evidence": bool(_latest(words, Subject.CONTRACT)),
        "limitation_checked": bool(limitation),
        "time_barred": limitation == LIMITATION_BARRED if limitation else None,
        "holds_clear": True,
        "venue": _latest(words, Subject.VENUE) or None,
        "default_date": case.due_on,
    }


def _approvals(approval: ApprovalState | None, roles: tuple[str, ...]) -> dict[str, Any]:
    """Who approved; before anybody did, as if all had, so that what else is missing can be told."""
    if approval is None or approval.status is not ApprovalStatus.GRANTED:
        return {"approvals": roles, "approvers": {role: role for role in roles}}
    return {
        "approvals": tuple(vote.role for vote in approval.votes),
        "approvers": {vote.role: vote.by for vote in approval.votes},
        "approved_at": max((vote.at for vote in approval.votes), default=None),
        "human_review": True,
    }


def _letter(case: CaseState) -> date | None:
    """When the letter before action was sent, of the one that still stands."""
    letters = [each for each in case.outside if each.is_open and each.kind is OutsideKind.LETTER_BEFORE_ACTION]
    return local_date(letters[-1].taken_at, case.zone) if letters else None
