"""Composing a message: the person's language, what is owed now, and where to pay and ask."""

from dataclasses import dataclass
from datetime import datetime

from activities.channel import OutboundMessage
from casedb.snapshot import Point, Snapshot
from config.messages import InstalmentOffer, MessageRenderer, MessageValues
from domain.calendar import days_past_due
from domain.case import CaseState
from domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LenderContact:
    """Where a borrower pays and reaches a human; stands in every message."""

    pay_url: str
    help_phone: str
    help_email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Writes the message of a touch to one address."""

    renderer: MessageRenderer
    lender: LenderContact

    def compose(
        self, case: CaseState, snapshot: Snapshot, point: Point, *, template: str, reference: str, now: datetime
    ) -> OutboundMessage:
        """The message in the person's language, with the amount of this very snapshot."""
        values = MessageValues(
            name=snapshot.full_name,
            creditor=snapshot.creditor,
            product=snapshot.product,
            amount=Money(snapshot.balance_minor, snapshot.currency),
            due_on=case.due_on,
            days_past_due=days_past_due(case.due_on, now, case.zone, case.pauses()),
            reference=reference,
            pay_url=self.lender.pay_url,
            help_phone=self.lender.help_phone,
            help_email=self.lender.help_email,
            instalments=instalments_on_offer(case, snapshot.balance_minor),
        )
        text = self.renderer.render(template, point.channel, snapshot.locale, values)
        return OutboundMessage(
            to=point.address, subject=text.subject, body=text.body, reference=reference, locale=snapshot.locale
        )


def instalments_on_offer(case: CaseState, balance_minor: int) -> InstalmentOffer | None:
    """The longest plan within the case's terms; none when the balance is too small to divide."""
    count = min(case.terms.instalments_max, balance_minor // max(1, case.terms.instalment_floor_minor))
    if count < 2:
        return None
    return InstalmentOffer(count=count, each=Money(balance_minor, case.currency).split(count)[0])
