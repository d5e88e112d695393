"""What is known about the person and the debt besides contacts: holds, notices, places, decisions.

An absent flag is None and means "no such fact"; a rule that needs a fact does not fire without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bankruptcy:
    """An insolvency case and its stage, such as `stay` or `discharged`."""

    stage: str = "stay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cease:
    """A written refusal to pay, or request to stop; it works from receipt."""

    sent: date | None = None
    received_at: datetime | None = None
    via: str | None = None
    kind: str | None = None
    in_writing: bool | None = None
    debt_ids: tuple[str, ...] = ()
    """Empty: every debt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attorney:
    """Who represents the person."""

    known: bool = False
    unresponsive: bool | None = None
    consents: bool | None = None
    """To direct contact."""
    debt_ids: tuple[str, ...] = ()
    """Empty: every debt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """What the person says is wrong with the debt."""

    received_at: datetime | None = None
    in_writing: bool | None = None
    verified: bool | None = None
    verification_sent: date | None = None
    resolved: bool | None = None
    grounds: str | None = None
    duplicative: bool | None = None
    debt_ids: tuple[str, ...] = ()
    """Empty: every debt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalCreditorRequest:
    """A request for the name of the original creditor."""

    received_at: datetime | None = None
    answered: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreathingSpace:
    """A moratorium by law."""

    type: str = "standard"
    start: date | None = None
    days: int | None = None
    treatment_ended: date | None = None
    debt_ids: tuple[str, ...] = ()
    """Empty: every debt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtAdviceHold:
    """Time for a debt adviser to prepare a plan."""

    start: date
    days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPlan:
    """An agreement to pay in parts."""

    kind: str = ""
    performing: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """All of it; see the regulation rules, section 3."""

    # Holds
    bankrupt: Bankruptcy | None = None
    cn_shenzhen_bankruptcy: bool | None = None
    deceased: bool | None = None
    cease: Cease | None = None
    attorney: Attorney | None = None
    dispute: Dispute | None = None
    original_creditor_request: OriginalCreditorRequest | None = None
    validation_end: date | None = None
    mental_capacity_concern: bool | None = None
    breathing_space: BreathingSpace | None = None
    debt_advice_hold: DebtAdviceHold | None = None
    bereavement: bool | None = None
    calamity: bool | None = None
    marriage: bool | None = None
    festival: bool | None = None
    plan: PaymentPlan | None = None
    # Place
    home_inconvenient: bool | None = None
    known_at_home: bool | None = None
    employer_prohibits: bool | None = None
    place: str | None = None
    place_consent: bool | None = None
    visit_staff: int | None = None
    # Notices
    initial_communication: date | None = None
    validation_notice_sent: date | bool | None = None
    in_initial_communication: bool | None = None
    in_validation_period: bool | None = None
    esign_consent: bool | None = None
    missing_fields: tuple[str, ...] = ()
    itemization: Mapping[str, object] | None = None
    """What changed the amount since the itemization date, by kind."""
    paid: bool | None = None
    notice_sent: date | None = None
    undeliverable: date | None = None
    spoke_with_consumer: bool | None = None
    """About this debt, in person or by telephone."""
    pre_notice_sent: bool | None = None
    assignment_notified: bool | None = None
    transfer_notice_sent: bool | None = None
    agent_details_sent: bool | None = None
    # People
    debtor_reachable: bool | None = None
    incapacitated: bool | None = None
    """The person who owes, in law or in fact."""
    contact_refused: bool | None = None
    contact_consented: bool | None = None
    # Amount and age
    claimed_apr: Decimal | None = None
    apr_cap: Decimal | None = None
    fee_authorised: bool | None = None
    plan_months: int | None = None
    product: str | None = None
    time_barred: bool | None = None
    customer_refused_statute_barred: bool | None = None
    default_date: date | None = None
    interruption: date | None = None
    # Media
    opted_out: tuple[str, ...] = ()
    """Channels, `voice` for the voice family, or addresses."""
    consumer_navigating: bool | None = None
    marketing_objection: bool | None = None
    # Decision
    automated_only: bool | None = None
    human_review: bool | None = None
    rebuttal_factor: str | None = None
    agency_licensed: bool | None = None
    criminal_fact_verified: bool | None = None
    judgment_and_listing_verified: bool | None = None
    seizure_lawful_and_intended: bool | None = None
    sender_is_attorney: bool | None = None
    # Legal gate
    approvals: tuple[str, ...] = ()
    approvers: Mapping[str, str] = field(default_factory=dict)
    approved_at: datetime | None = None
    amount_verified: bool | None = None
    contract_evidence: bool | None = None
    limitation_checked: bool | None = None
    holds_clear: bool | None = None
    venue: str | None = None
    letter_of_claim: date | None = None
    claim_reply: date | None = None
    """Of a reply to that letter which asks for advice or documents."""
    legal_action_approved: bool | None = None
    # Data
    request: str | None = None
    open_debt: bool | None = None
    retention_until: date | None = None
    legal_hold: bool | None = None
    record: str | None = None
    record_date: date | None = None
    last_activity: date | None = None


NO_FLAGS = Flags()
