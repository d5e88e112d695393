"""Rules about notices without which nothing more may be asked, and about who comes to a visit."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from domain.calendar import local_date
from domain.compliance.facts import Act
from domain.compliance.profile import Answer, Rule, Terms
from domain.compliance.verdict import Precedence


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationNoticeDue(Terms):
    """The notice is in the initial communication or follows within so many days; once overdue, it comes first."""

    precedence: ClassVar[Precedence] = Precedence.DISPUTE

    days: int

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny collection while it is overdue; not needed when the debt was paid before it was due."""
        flags = act.flags
        begun = flags.initial_communication
        if begun is None or flags.paid or flags.validation_notice_sent or flags.in_initial_communication:
            return None
        due = begun + timedelta(days=self.days)
        if all(local_date(act.at, name) <= due for name in act.zone_names):
            return None
        return rule.denies(f"the validation notice was due on {due} and is not sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitStaff(Terms):
    """A visit needs at least so many collectors."""

    precedence: ClassVar[Precedence] = Precedence.PLACE

    at_least: int

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny a visit by fewer."""
        staff = act.flags.visit_staff
        if staff is None or staff >= self.at_least:
            return None
        return rule.denies(f"a visit needs {self.at_least} collectors, not {staff}")
