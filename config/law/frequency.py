"""Kinds of rules about how often."""

from config.law.rule_file import RuleFile, kinds
from domain.compliance.frequency import (
    CapWarning,
    ContactCap,
    RapidRedial,
    RestAfterConversation,
    RollingHours,
    SalesCap,
)

KINDS: dict[str, type[RuleFile]] = kinds(
    {
        "contact_cap": ContactCap,
        "cap_warning": CapWarning,
        "rolling_hours": RollingHours,
        "rest_after_conversation": RestAfterConversation,
        "rapid_redial": RapidRedial,
        "sales_cap": SalesCap,
    }
)
