"""Rules about what may be demanded and reported: cost of credit, length of a plan, credit bureaus, notices."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from domain.calendar import local_date, start_of_day
from domain.compliance.deadlines import assumed_receipt, free_after_wait, validation_end
from domain.compliance.facts import Act
from domain.compliance.profile import Answer, Computed, Rule, Terms
from domain.compliance.verdict import Fired, Precedence
from domain.compliance.vocabulary import CONVERSATION, Purpose, Recipient
from domain.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCap(Terms):
    """No more than the lawful cost of credit, as yearly rate with interest and fees; the cap itself is lawful."""

    precedence: ClassVar[Precedence] = Precedence.AMOUNT

    most: Decimal
    """Where the account names no cap of its own; 0.24 is 24 %."""

    def __post_init__(self) -> None:
        """Refuse a cap that is no rate."""
        if not 0 < self.most < 10:
            raise InvalidInput(f"a yearly rate of {self.most} is none: write 24 % as 0.24")

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny a claim above the cap until it is recomputed."""
        claimed, cap = act.flags.claimed_apr, act.flags.apr_cap
        cap = self.most if cap is None else cap
        if claimed is None or claimed <= cap:
            return None
        return rule.denies(f"the claim costs {claimed:.2%} a year, the cap is {cap:.2%}: recompute it")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLength(Terms):
    """A plan takes no longer than so many months."""

    precedence: ClassVar[Precedence] = Precedence.AMOUNT

    most_months: int

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny a longer plan."""
        months = act.flags.plan_months
        if months is None or months <= self.most_months:
            return None
        return rule.denies(f"a plan of {months} months: at most {self.most_months}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FurnishingWait(Terms):
    """Nothing goes to a credit bureau before a conversation, or a notice and a wait without a bounce.

    The day of sending counts as the first day of the wait. A bounce after the wait changes nothing.
    (12 CFR 1006.30(a), comment 30(a)(1)-2, -3.)
    """

    precedence: ClassVar[Precedence] = Precedence.WAITING_PERIOD

    days: int

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny where no wait runs that could end."""
        if self._spoke(act, act.at):
            return None
        sent, bounced = _notice_sent(act), act.flags.undeliverable
        if sent is None:
            return rule.denies(
                "nobody spoke with the consumer and no notice went out: send the validation notice first"
            )
        if bounced is not None and sent <= bounced < free_after_wait(sent, days=self.days):
            return rule.denies("the notice came back: speak with the consumer or send it again")
        return None

    def next_allowed(self, rule: Rule, act: Act, at: datetime) -> Fired | None:
        """The end of the wait."""
        sent = _notice_sent(act)
        if sent is None or self._spoke(act, at):
            return None
        free_at = max(start_of_day(free_after_wait(sent, days=self.days), name) for name in act.zone_names)
        if at >= free_at:
            return None
        return rule.defers(f"{self.days} days from the notice of {sent.isoformat()} are not over", free_at)

    def _spoke(self, act: Act, at: datetime) -> bool:
        return act.flags.spoke_with_consumer is True or any(
            past.outcome in (CONVERSATION, "met")
            and past.recipient is Recipient.CONSUMER
            and act.concerns(past.debt_ids)
            for past in act.before(at)
        )


def _notice_sent(act: Act) -> date | None:
    """The local date of the last validation notice, by the flag or by the history."""
    notices = [past for past in act.before(act.at) if past.purpose is Purpose.VALIDATION_NOTICE and past.is_placed]
    dates = [local_date(past.at, name) for past in notices if act.concerns(past.debt_ids) for name in act.zone_names]
    if act.flags.notice_sent is not None:
        dates.append(act.flags.notice_sent)
    return max(dates, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeContents(Terms):
    """A notice with every required field filled in: "0" or "none", never blank."""

    fields: tuple[str, ...]
    """Required, in the order of the law."""
    itemized: tuple[str, ...] = ()
    """Kinds of change since the itemization date, each of which an itemization names."""

    def evaluate(self, rule: Rule, act: Act) -> Answer:
        """Deny a notice that lacks one."""
        lacking = [*act.flags.missing_fields, *self._blank(act.flags.itemization)]
        return rule.denies(f"the notice lacks {', '.join(lacking)}") if lacking else None

    def _blank(self, itemization: Mapping[str, object] | None) -> list[str]:
        if itemization is None:
            return []
        values = {name: itemization.get(name) for name in self.itemized}
        return [name for name, value in values.items() if value is None or not str(value).strip()]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationPeriod(Terms):
    """When a validation notice counts as received and when the validation period ends. (12 CFR 1006.34(b)(5).)"""

    holidays: frozenset[date]
    business_days: int = 5
    days: int = 30

    def computed(self, rule: Rule, act: Act) -> Computed:
        """`assumed_receipt` and `validation_end`; of several local dates the latest."""
        provided = max(local_date(act.at, name) for name in act.zone_names)
        received = assumed_receipt(provided, self.holidays, business_days=self.business_days)
        ends = validation_end(received, days=self.days)
        return (("assumed_receipt", received.isoformat()), ("validation_end", ends.isoformat()))
