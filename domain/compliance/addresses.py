"""Rules about addresses and numbers: how one came into use, and the consents that a medium needs.

The procedures are those of 12 CFR 1006.6(d)(3)-(5), which protect from liability when somebody else reads along.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import ClassVar

from domain.calendar import at_local, local_date
from domain.compliance.consents import standing
from domain.compliance.facts import Act
from domain.compliance.profile import Answer, Rule, Terms
from domain.compliance.verdict import Fired, Precedence
from domain.compliance.vocabulary import AddressProcedure, AddressType


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticedAddress(Terms):
    """An e-mail address that the creditor gave notice of: usable when the time to opt out has passed."""

    precedence: ClassVar[Precedence] = Precedence.CONSENT

    notice_days: int
    """How long after the notice the person must at least be able to opt out."""
    public: frozenset[AddressType]
    """Types of address at a domain that is open to the public."""

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny a domain that others run, and a time to opt out that is too short."""
        address = act.address
        if address.procedure is not AddressProcedure.CREDITOR_NOTICE:
            return None
        if address.type is not None and address.type not in self.public:
            return rule.denies("the domain of the address is not open to the public")
        if address.notice_sent is None or address.optout_by is None:
            return rule.denies("no notice with a date to opt out is on record")
        if (address.optout_by - address.notice_sent).days < self.notice_days:
            return rule.denies(f"the notice left less than {self.notice_days} days to opt out")
        return None

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        """Free on the local day after the last day to opt out."""
        by = act.address.optout_by
        if by is None or act.address.procedure is not AddressProcedure.CREDITOR_NOTICE:
            return None
        until = max(at_local(by + timedelta(days=1), time(0), name) for name in act.zone_names)
        return rule.defers(f"the person may opt out to the end of {by}", until) if at < until else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsProcedure(Terms):
    """Such an address is used only when it came into use by one of these procedures."""

    precedence: ClassVar[Precedence] = Precedence.CONSENT

    procedures: frozenset[AddressProcedure]
    known_only: bool = False
    """Whether an address of which no procedure is known is let pass."""

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny any other."""
        procedure = act.address.procedure
        if procedure in self.procedures or (procedure is None and self.known_only):
            return None
        return rule.denies(f"the address came into use by {procedure.value if procedure else 'no known procedure'}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshNumber(Terms):
    """A number to text must have been confirmed lately: by a text from it, a consent, or a check for reassignment."""

    precedence: ClassVar[Precedence] = Precedence.CONSENT

    days: int
    """How many days ago at most; that day is inside."""
    dated: frozenset[AddressProcedure]
    """Procedures that need a date; of the others, one is looked at where it is known."""
    renewed_by: str = ""
    """A type of consent, given to this collector, whose date counts."""

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny a number of which nobody knows whether it is still the person's."""
        procedure = act.address.procedure
        if procedure is None:
            return None
        ages = [self._age(act, name) for name in act.zone_names]
        if None in ages and procedure not in self.dated:
            return None
        if all(age is not None and age <= self.days for age in ages):
            return None
        return rule.denies(f"the number was not confirmed within {self.days} days")

    def _age(self, act: Act, zone_name: str) -> int | None:
        """How many local days ago it was last confirmed; dates of later days tell nothing yet."""
        renewed = standing(act, self.renewed_by, act.at, direct=True) if self.renewed_by else None
        renewed_on = local_date(renewed.at, zone_name) if renewed else None
        known = [act.address.last_inbound_text, act.address.reassigned_check, renewed_on]
        tomorrow = act.at.date() + timedelta(days=1)  # today in the easternmost zone
        dates = [each for each in known if each is not None and each <= tomorrow]
        return (local_date(act.at, zone_name) - max(dates)).days if dates else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsConsent(Terms):
    """A medium that needs the person's consent of some type."""

    precedence: ClassVar[Precedence] = Precedence.CONSENT

    consent: str
    revoked_rule: str = ""
    """Under which id a consent that was revoked is reported as well."""

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny without the consent, and after its revocation."""
        if standing(act, self.consent, act.at) is not None:
            return None
        denial = rule.denies(f"needs the person's consent ({self.consent})")
        revoked = any(
            each.type == self.consent and each.revoked_at is not None and each.revoked_at <= act.at
            for each in act.consents
        )
        if revoked and self.revoked_rule:
            return (denial, rule.denies("the person revoked the consent", rule=self.revoked_rule))
        return denial
