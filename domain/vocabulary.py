"""The field's words as closed sets; each value is also what is stored and what ops read."""

from enum import StrEnum


class Stage(StrEnum):
    """Where a case stands on its way; the order is the order of declaration."""

    REMINDER = "reminder"
    FOLLOW_UP = "follow_up"
    INSTALLMENT_OFFER = "installment_offer"
    LEGAL_ESCALATION = "legal_escalation"
    CLOSED = "closed"

    @property
    def rank(self) -> int:
        """Position in the ladder, from 0."""
        return _RANKS[self]


_RANKS = {stage: rank for rank, stage in enumerate(Stage)}


class Channel(StrEnum):
    """How a person is reached."""

    SMS = "sms"
    EMAIL = "email"
    PUSH = "push"
    VOICE = "voice"
    LETTER = "letter"
    SOCIAL_PRIVATE = "social_private"
    """A private message in a messenger such as WhatsApp; only ever after a consent."""


class CloseReason(StrEnum):
    """Why a case ended."""

    PAID = "paid"
    IMMATERIAL = "immaterial"
    LEGAL_REFERRAL = "legal_referral"
    WITHDRAWN = "withdrawn"
    SETTLED = "settled"
    """Part of the debt was paid as agreed, and the rest waived."""
    CHARGED_OFF = "charged_off"
    """Taken off the lender's books, and still owed."""
    WRITTEN_OFF = "written_off"
    """Forgiven by the lender; what is paid nevertheless is booked as a recovery."""


class HoldKind(StrEnum):
    """Why nothing may be sent for a while; whether days count is the hold's own field."""

    DISPUTE = "dispute"
    HARDSHIP = "hardship"
    BREATHING_SPACE = "breathing_space"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    ATTORNEY = "attorney"
    CEASE = "cease"
    COMPLAINT = "complaint"
    CUSTOM = "custom"
    DEFERRAL = "deferral"
    """Granted to the borrower until a day; what was granted may still be told in writing."""
    VULNERABILITY = "vulnerability"
    """The person needs another way of being dealt with; which one is a code, never a diagnosis."""


class TouchStatus(StrEnum):
    """The life of one contact under one key; what may have left the house counts against caps."""

    CLAIMED = "claimed"
    """About to be sent, or sent and not yet confirmed: after a crash, ask the provider."""
    BUSY = "busy"
    """The provider did not take it; nothing was sent; it may be tried again."""
    SENT = "sent"
    """The provider took it and named it."""
    UNKNOWN = "unknown"
    """The answer was lost; looked up by reference, never blindly sent again."""
    FAILED = "failed"
    """Refused for good; the cap is free again."""


class DeliveryStatus(StrEnum):
    """What the provider reported after taking a message, by rank: late reports never move it back."""

    NONE = "none"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class ApprovalStatus(StrEnum):
    """The life of a request for legal escalation."""

    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"
    EXPIRED = "expired"


class LedgerKind(StrEnum):
    """What moved the balance. Charges are positive, money and relief negative."""

    CHARGE = "charge"
    INTEREST = "interest"
    FEE = "fee"
    PAYMENT = "payment"
    REVERSAL = "reversal"
    CREDIT = "credit"
    WAIVER = "waiver"
    WRITE_OFF = "write_off"


class Clock(StrEnum):
    """Which time a case lives on."""

    REAL = "real"
    VIRTUAL = "virtual"
    """A rehearsal: activities take `now` from the request."""


class Permission(StrEnum):
    """What a person said about one channel."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class SuppressionReason(StrEnum):
    """Why an address must not be contacted, even when nobody knows any more whose it was."""

    OPT_OUT = "opt_out"
    CEASE = "cease"
    WRONG_NUMBER = "wrong_number"
    DECEASED = "deceased"


class SwitchScope(StrEnum):
    """How much contact a switch stops; from the widest to the narrowest."""

    GLOBAL = "global"
    CHANNEL = "channel"
    CAMPAIGN = "campaign"
    STRATEGY = "strategy"


class TaskKind(StrEnum):
    """Why a human is needed; an open case without a timer or a hold has one of these."""

    APPROVAL_DECISION = "approval_decision"
    APPROVAL_EXPIRED = "approval_expired"
    APPROVAL_REFUSED = "approval_refused"
    UNKNOWN_OUTCOME = "unknown_outcome"
    NO_LAWFUL_CHANNEL = "no_lawful_channel"
    CONTACT_FAILING = "contact_failing"
    HOLD_REVIEW = "hold_review"
    CALLBACK = "callback"
    """The person asked to be called by a human."""
    MESSAGE_REFUSED = "message_refused"
    """A text broke a rule of what may be said and was not sent: its template must be mended."""
    UNCLEAR_REPLY = "unclear_reply"
    """Nobody but a human can tell what the person meant."""
    PARKED_FACT = "parked_fact"
    """A fact came about somebody or something that is not in the case database."""
    RESIDUAL_DECISION = "residual_decision"
    """Only interest and fees are left: a person says whether they are waived or chased."""
    ESCALATION_UNMET = "escalation_unmet"
    """The ladder is exhausted, and a condition of going to law is not met."""
    STEP_REFUSED = "step_refused"
    """A step to the outside world, or taking it back, could not be done."""
    HOLD_DUTY = "hold_duty"
    """A hold obliges us to something by a day."""
    STRATEGY_MISSING = "strategy_missing"
    """Nobody kept the version of the strategy that the case runs under; it is never switched by itself."""
    STUCK_CASE = "stuck_case"
    """An open case does not move: its workflow's code fails, or nothing is waited for."""
    INVARIANT_BROKEN = "invariant_broken"
    """Something stands on record that must never be."""
    RELIEF_DECISION = "relief_decision"
    """Relief above the limit of whoever proposed it: another person says yes or no."""
    STRAY_WORKFLOW = "stray_workflow"
    """What runs without an open case and did not end when it was asked to."""

    @property
    def outlives_the_step(self) -> bool:
        """Whether it waits for a person of ours whatever the case does next; the others end with their reason."""
        return self in _OUTLIVING


_OUTLIVING = frozenset(
    {
        TaskKind.CALLBACK,
        TaskKind.MESSAGE_REFUSED,
        TaskKind.UNCLEAR_REPLY,
        TaskKind.PARKED_FACT,
        TaskKind.HOLD_DUTY,
        TaskKind.INVARIANT_BROKEN,
        TaskKind.RELIEF_DECISION,
        TaskKind.STRAY_WORKFLOW,
    }
)


class PaperKind(StrEnum):
    """What a file that was made for a case is."""

    LETTER_BEFORE_ACTION = "letter_before_action"
    CLAIM_WITHDRAWN = "claim_withdrawn"
    EVIDENCE = "evidence"
    COURT_PACK = "court_pack"


class CampaignStatus(StrEnum):
    """The life of a campaign's enrolment."""

    PREPARING = "preparing"
    """Its members are being chosen; nothing is started, and it may be dropped again."""
    RUNNING = "running"
    PAUSED = "paused"
    ABORTED = "aborted"
    FINISHED = "finished"


class MemberStatus(StrEnum):
    """The life of an account inside a campaign."""

    PENDING = "pending"
    ENROLLED = "enrolled"
    EXCLUDED = "excluded"
    FAILED = "failed"
    """Its case could not be started; the sweep tries again."""


class LineType(StrEnum):
    """What a contact point can take, as far as its number tells."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    MAILBOX = "mailbox"
    UNKNOWN = "unknown"
