"""Composing a message: the person's language, what is owed now, and where to pay and ask."""

from dataclasses import dataclass
from datetime import datetime

from activities.channel import OutboundMessage
from casedb.snapshot import Point, Snapshot
from config.messages import AgreementWords, InstalmentOffer, MessageRenderer, MessageValues
from domain.calendar import days_past_due, local_date
from domain.case import CaseState
from domain.compliance.vocabulary import Role
from domain.errors import ConfigurationError
from domain.itemisation import Itemisation
from domain.money import Money
from domain.vocabulary import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class LenderContact:
    """Who writes, and where a borrower pays and reaches a human; stands in every message."""

    pay_url: str
    help_phone: str
    help_email: str
    role: Role = Role.CREDITOR
    agency: str = ""
    """Who collects for the creditor, or bought the claim; empty when the creditor writes himself."""
    collector: str = ""
    """Staff number or name of the person responsible; empty when messages are sent without one."""
    postal_address: tuple[str, ...] = ()
    """The sender's lines at the head of a letter."""

    def __post_init__(self) -> None:
        """Refuse a collector without a name of his own: he would write in the creditor's."""
        if (self.role is Role.CREDITOR) == bool(self.agency):
            raise ConfigurationError(f"role {self.role.value}: a creditor writes in his own name, others in theirs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Writes the message of a touch to one address."""

    renderer: MessageRenderer
    lender: LenderContact

    def compose(
        self,
        case: CaseState,
        snapshot: Snapshot,
        point: Point,
        *,
        template: str,
        reference: str,
        now: datetime,
        items: Itemisation | None = None,
        agreement: AgreementWords | None = None,
    ) -> OutboundMessage:
        """The message in the person's language, with the amount of this very snapshot.

        `items` are the parts of that amount; None says only the total. Raises MessageRefused when the finished text
        breaks a rule, and InvalidInput when the items do not add up to the amount: nothing may be sent then.
        """
        lender = self.lender
        values = MessageValues(
            name=snapshot.full_name,
            creditor=snapshot.creditor,
            product=snapshot.product,
            amount=Money(snapshot.balance_minor, snapshot.currency),
            due_on=case.due_on,
            days_past_due=days_past_due(case.due_on, now, case.zone, case.pauses()),
            reference=reference,
            pay_url=lender.pay_url,
            help_phone=lender.help_phone,
            help_email=lender.help_email,
            jurisdiction=snapshot.jurisdiction,
            role=lender.role,
            sender=lender.agency,
            collector=lender.collector,
            items=items,
            agreement=agreement,
            instalments=instalments_on_offer(case, snapshot.balance_minor),
            written_on=local_date(now, case.zone),
            sender_address=lender.postal_address,
            address=tuple(point.address.splitlines()) if point.channel is Channel.LETTER else (),
        )
        text = self.renderer.screened(template, point.channel, snapshot.locale, values)
        return OutboundMessage(
            to=point.address, subject=text.subject, body=text.body, reference=reference, locale=snapshot.locale
        )


def instalments_on_offer(case: CaseState, balance_minor: int) -> InstalmentOffer | None:
    """The longest plan within the case's terms; none when the balance is too small to divide."""
    count = min(case.terms.instalments_max, balance_minor // max(1, case.terms.instalment_floor_minor))
    if count < 2:
        return None
    return InstalmentOffer(count=count, each=Money(balance_minor, case.currency).split(count)[0])
