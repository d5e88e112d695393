"""What an outside system may tell us, and which of it moves money."""

from enum import StrEnum

from domain.vocabulary import LedgerKind


class InboundKind(StrEnum):
    """What an outside system may tell us."""

    PAYMENT = "payment"
    REVERSAL = "reversal"
    CREDIT = "credit"
    REFUND = "refund"
    """A merchant took goods back: less is owed."""
    FEE = "fee"
    WAIVER = "waiver"
    WRITE_OFF = "write_off"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    DISPUTE = "dispute"
    HOLD_PLACED = "hold_placed"
    HOLD_RELEASED = "hold_released"
    REPLY = "reply"
    """Somebody wrote to us; what follows from it are facts of their own."""
    PROMISE = "promise"
    """A promise in somebody's own words: a request that is brought to the case, which may refuse it."""
    PLAN = "plan"
    """A plan that somebody took in his own words: a request as well."""
    ANSWER = "answer"
    """An answer that we owe to a reply: brought to a workflow of its own, and to no case."""
    CALLBACK = "callback"
    """Somebody wants to talk to a human."""
    DELINQUENCY = "delinquency"
    """The lender says what is owed as of a day, on an account that we know or with all that makes it known."""
    DELIVERY = "delivery"
    """What became of a message after its provider took it."""
    NOTICE = "notice"
    """Something that a sender tells and that moves nothing: kept, so that it can be looked up."""
    TASK_DONE = "task_done"
    """A person of ours did what a human task asked for."""
    TASK_ASSIGNED = "task_assigned"
    """A person of ours, or a team, takes over a human task."""
    OUTCOME_SETTLED = "outcome_settled"
    """A person of ours found out whether a message went out of which no provider could tell."""
    RELIEF_GRANTED = "relief_granted"
    """A deferral, a waiver or an accepted settlement that was on record as approved."""
    DUTY_DONE = "duty_done"
    """A person of ours did what a hold obliges us to."""
    HOLD_DECIDED = "hold_decided"
    """A person of ours decided about a hold."""
    RESIDUE_WAIVED = "residue_waived"
    """A person of ours gave up the interest and fees that are left."""
    RESIDUE_KEPT = "residue_kept"
    """A person of ours decided that they are chased."""
    WITHDRAWAL = "withdrawal"
    """A person of ours takes an account out of collection."""
    STRATEGY_MOVED = "strategy_moved"
    """A person of ours moved a case to another strategy, or to another version of its own."""


MOVES: dict[InboundKind, tuple[LedgerKind, int]] = {
    InboundKind.PAYMENT: (LedgerKind.PAYMENT, -1),
    InboundKind.REVERSAL: (LedgerKind.REVERSAL, +1),
    InboundKind.CREDIT: (LedgerKind.CREDIT, -1),
    InboundKind.REFUND: (LedgerKind.CREDIT, -1),
    InboundKind.FEE: (LedgerKind.FEE, +1),
    InboundKind.WAIVER: (LedgerKind.WAIVER, -1),
    InboundKind.WRITE_OFF: (LedgerKind.WRITE_OFF, -1),
}
"""Facts about money: the kind of ledger entry, and whether what is owed grows or shrinks by the amount."""

RESIDUE = frozenset({InboundKind.RESIDUE_WAIVED, InboundKind.RESIDUE_KEPT})
LEDGER = frozenset({*MOVES, *RESIDUE, InboundKind.DELINQUENCY})
"""Facts after which the balance is read anew."""
