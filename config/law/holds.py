"""Kinds of rules that halt collection, or that a notice, a place, an address or a consent must precede."""

from config.law.rule_file import RuleFile, kinds
from domain.compliance.addresses import FreshNumber, NeedsConsent, NeedsProcedure, NoticedAddress
from domain.compliance.holds import AdviceHold, CeaseRequest, CreditorRequest, Moratorium, OpenDispute, Represented
from domain.compliance.notices import ValidationNoticeDue, VisitStaff
from domain.compliance.places import InconvenientHome, Workplace

KINDS: dict[str, type[RuleFile]] = kinds(
    {
        "cease_request": CeaseRequest,
        "represented": Represented,
        "open_dispute": OpenDispute,
        "creditor_request": CreditorRequest,
        "moratorium": Moratorium,
        "advice_hold": AdviceHold,
        "inconvenient_home": InconvenientHome,
        "workplace": Workplace,
        "noticed_address": NoticedAddress,
        "needs_procedure": NeedsProcedure,
        "fresh_number": FreshNumber,
        "needs_consent": NeedsConsent,
        "validation_notice_due": ValidationNoticeDue,
        "visit_staff": VisitStaff,
    }
)
