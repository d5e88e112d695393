"""Who we say we are, from the settings: the same in a worker's messages and in what the web door has spoken."""

from activities.composing import LenderContact
from config.settings import Settings


def lender_of(settings: Settings) -> LenderContact:
    """Raises ConfigurationError for a collector without a name of his own, or a creditor with one."""
    return LenderContact(
        pay_url=settings.pay_url,
        help_phone=settings.help_phone,
        help_email=settings.help_email,
        role=settings.role,
        agency=settings.agency_name or "",
        collector=settings.collector_id or "",
        postal_address=tuple(line.strip() for line in (settings.postal_address or "").split(";") if line.strip()),
    )
