"""The words of the regulation rules as closed sets: who acts, on whom, by which medium, to what end."""

from enum import StrEnum


class ActKind(StrEnum):
    """What is asked about."""

    CONTACT = "contact"
    CONTENT = "content"
    CALC = "calc"
    LEGAL_ACTION = "legal_action"
    DSR = "dsr"


class Role(StrEnum):
    """As what one collects; which rules bind follows from it."""

    CREDITOR = "creditor"
    THIRD_PARTY = "third_party"
    OUTSOURCED = "outsourced"
    ASSIGNEE = "assignee"
    CREDIT_PURCHASER = "credit_purchaser"


class Medium(StrEnum):
    """By which medium the act is done; the rules call it the channel."""

    CALL = "call"
    PRERECORDED_CALL = "prerecorded_call"
    AI_CALL = "ai_call"
    RINGLESS_VM = "ringless_vm"
    VOICEMAIL = "voicemail"
    SMS = "sms"
    EMAIL = "email"
    PUSH = "push"
    IN_APP_PASSIVE = "in_app_passive"
    SOCIAL_PRIVATE = "social_private"
    SOCIAL_PUBLIC = "social_public"
    LETTER = "letter"
    POSTCARD = "postcard"
    VISIT = "visit"
    PRIVATE_IM = "private_im"
    CREDIT_REPORT = "credit_report"
    PLAN_OFFER = "plan_offer"
    LEGAL_REFERRAL = "legal_referral"
    LEGAL_ACTION = "legal_action"
    DSR = "dsr"


VOICE = frozenset({Medium.CALL, Medium.PRERECORDED_CALL, Medium.AI_CALL, Medium.RINGLESS_VM})
"""The voice family: what counts as placing a telephone call."""
ELECTRONIC = frozenset({Medium.SMS, Medium.EMAIL, Medium.PUSH, Medium.SOCIAL_PRIVATE})
"""The electronic family."""
NOT_TIME_TESTED = frozenset(
    {
        Medium.LETTER,
        Medium.POSTCARD,
        Medium.CREDIT_REPORT,
        Medium.PLAN_OFFER,
        Medium.LEGAL_REFERRAL,
        Medium.LEGAL_ACTION,
        Medium.DSR,
    }
)
"""Media without an hour of the day (regulation rules, section 1.11)."""


class Recipient(StrEnum):
    """Who would be spoken to."""

    CONSUMER = "consumer"
    SPOUSE = "spouse"
    PARENT_OF_MINOR = "parent_of_minor"
    EXECUTOR = "executor"
    GUARANTOR = "guarantor"
    ATTORNEY = "attorney"
    ATTORNEY_UNDER_LPA = "attorney_under_lpa"
    DEBT_ADVISOR = "debt_advisor"
    THIRD_PARTY = "third_party"
    CONTACT = "contact"
    EMERGENCY_CONTACT = "emergency_contact"


class Purpose(StrEnum):
    """To what end."""

    COLLECT = "collect"
    INITIAL = "initial"
    REPLY = "reply"
    VALIDATION_NOTICE = "validation_notice"
    VERIFICATION = "verification"
    LOCATION = "location"
    LIMITED_CONTENT = "limited_content"
    CONNECTION_REQUEST = "connection_request"
    OPTOUT_CONFIRMATION = "optout_confirmation"
    LEGALLY_REQUIRED = "legally_required"
    TERMINATE_NOTICE = "terminate_notice"
    MAY_INVOKE_REMEDY_NOTICE = "may_invoke_remedy_notice"
    SPECIFIED_REMEDY_NOTICE = "specified_remedy_notice"
    RELAY = "relay"
    CONFIRM_WHEREABOUTS = "confirm_whereabouts"
    MARKETING = "marketing"
    FURNISH = "furnish"
    FILE_SUIT = "file_suit"
    DATA_SUBJECT_REQUEST = "data_subject_request"


class AddressType(StrEnum):
    """What kind of address would be used."""

    LANDLINE_HOME = "landline_home"
    HOME_MAIL = "home_mail"
    MOBILE = "mobile"
    WORK_PHONE = "work_phone"
    WORK_EMAIL = "work_email"
    PUBLIC_EMAIL = "public_email"
    RESTRICTED_DOMAIN_EMAIL = "restricted_domain_email"


class AddressProcedure(StrEnum):
    """By which procedure the address came into use."""

    CONSUMER_USED = "consumer_used"
    DIRECT_CONSENT = "direct_consent"
    PRIOR_COLLECTOR = "prior_collector"
    CREDITOR_NOTICE = "creditor_notice"
    CONSUMER_TEXT = "consumer_text"
    CONSUMER_CALL_ONLY = "consumer_call_only"


CONVERSATION = "conversation"
"""The outcome of a call in which people talked."""
NOT_PLACED = frozenset({"busy", "not_in_service", "failed_to_connect"})
"""Outcomes that do not count as a placed call (regulation rules, sections 1.7 and 3)."""
