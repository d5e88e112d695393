"""The letter before action: an itemised demand by post with a time to reply, and its withdrawal.

Both are asked of the compliance gate with their whole text, as any contact is, and go to the outbox of letters as PDF.
Their words are on record as those of every message; the paper is, by its hash.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import tzdata
from sqlalchemy import Connection

from activities.composing import LenderContact
from activities.escalation.outside_steps import StepOrder, StepTaken, StepUndone
from activities.gatekeeping import live_act
from activities.lender import lender_of
from activities.letter import LetterOutbox, LetterSettings, file_name
from activities.letter_page import draw_letter, parted
from activities.wire import SETUP_RETRY_SECONDS
from casedb import papers
from casedb.cases import obligations_of
from casedb.ledger import items_of
from casedb.message_texts import Said, record_said
from casedb.papers import NewPaper
from casedb.snapshot import Point, Snapshot, read_snapshot
from casedb.verdicts import VerdictAbout, record_verdict
from config.claim_letters import ClaimLetters, ClaimValues, DemandValues, WrittenLetter, load_claim_letters
from config.jurisdictions import load_profiles
from config.readings import readings
from config.sections import read_section
from config.settings import Settings
from config.speaking import Speaker
from domain.calendar import local_date
from domain.compliance.facts import Content
from domain.compliance.gate import check
from domain.compliance.legal import LetterOfClaim
from domain.compliance.profile import Profile
from domain.compliance.verdict import Verdict
from domain.compliance.vocabulary import Purpose
from domain.errors import StepRefused
from domain.escalation import OutsideKind, Parameters
from domain.obligations import earliest_unpaid
from domain.reference import reference_code
from domain.vocabulary import Channel, PaperKind

KIND = OutsideKind.LETTER_BEFORE_ACTION
REPLY_DAYS = 30
"""The time to reply where neither law nor strategy gives another."""
LONGEST = 180
WITHDRAWN = "/withdrawn"
"""Behind the key of the letter: the key of its withdrawal."""
BY = "amicable"


@dataclass(frozen=True, slots=True)
class _Addressed:
    """An order, in its transaction, with the address that the letter goes to."""

    connection: Connection
    order: StepOrder
    snapshot: Snapshot
    point: Point

    @property
    def written_on(self) -> date:
        """The letter's date, in the account's calendar."""
        return local_date(self.order.at, self.snapshot.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterBeforeAction:
    """Writes the letter into the outbox of letters; the parameter `reply_days` may lengthen the law's time."""

    outbox: LetterOutbox
    letters: ClaimLetters
    lender: LenderContact
    profiles: Mapping[str, Profile]
    tzdata: str
    kind: OutsideKind = KIND

    def problems(self, parameters: Parameters) -> Iterable[str]:
        """Only `reply_days`, a number of days."""
        for name, value in parameters.items():
            if name != "reply_days":
                yield f"letter_before_action has no parameter {name}"
            elif isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LONGEST:
                yield f"reply_days must be a whole number from 1 to {LONGEST}"

    def take(self, connection: Connection, order: StepOrder) -> StepTaken:
        """Write the letter. Raises StepRefused without an address or items, and when the gate says no."""
        snapshot = _snapshot(connection, order)
        to = _addressed(connection, order, snapshot)
        items = items_of(connection, snapshot.account_id, snapshot.currency)
        if items is None or items.total.amount_minor != snapshot.balance_minor or snapshot.balance_minor <= 0:
            raise StepRefused(f"account {snapshot.account_id}: its ledger does not itemise what is owed")
        days, dated = self._reply_days(snapshot, order.parameters), obligations_of(connection, order.account_id)
        told = DemandValues(
            items=items,
            due_on=earliest_unpaid(dated, snapshot.balance_minor) or to.written_on,
            reply_days=days,
            reply_by=to.written_on + timedelta(days=days),
        )
        reference = reference_code(order.case_id, order.key)
        letter = self.letters.demand(snapshot.locale, self._values(to, reference), told, self._countries(snapshot))
        self._ask(to, letter, Purpose.SPECIFIED_REMEDY_NOTICE)
        name = self._put_out(to, order.key, letter, PaperKind.LETTER_BEFORE_ACTION)
        beside = f"; to be enclosed: {', '.join(letter.enclosures)}" if letter.enclosures else ""
        return StepTaken(reference=name, says=f"letter {reference}, reply by {told.reply_by}{beside}")

    def undo(self, connection: Connection, order: StepOrder) -> StepUndone:
        """Withdraw the letter by another one; where none may be sent, the withdrawal is on record alone."""
        papers.withdraw_paper(connection, order.key, order.at)
        snapshot = _snapshot(connection, order)
        paper = papers.find_paper(connection, order.key)
        letter_on = local_date(paper.made_at if paper is not None else order.at, snapshot.zone)
        key = f"{order.key}{WITHDRAWN}"
        reference = reference_code(order.case_id, key)
        try:
            to = _addressed(connection, order, snapshot)
            letter = self.letters.withdrawal(
                snapshot.locale,
                self._values(to, reference),
                letter_on=letter_on,
                letter_reference=reference_code(order.case_id, order.key),
            )
            self._ask(to, letter, Purpose.LEGALLY_REQUIRED)
        except StepRefused as refusal:
            if refusal.until is not None:
                raise
            return StepUndone(reference=reference, says=f"withdrawn on record, without a letter: {refusal}")
        name = self._put_out(to, key, letter, PaperKind.CLAIM_WITHDRAWN)
        return StepUndone(reference=name, says=f"withdrawn by letter {reference}: {order.why}")

    def _reply_days(self, snapshot: Snapshot, parameters: Parameters) -> int:
        """The law's time to reply, or the strategy's when it is longer."""
        profile = self.profiles.get(snapshot.jurisdiction)
        rules = profile.rules if profile else ()
        lawful = (rule.terms.days for rule in rules if isinstance(rule.terms, LetterOfClaim))
        return max([*lawful, int(parameters.get("reply_days", REPLY_DAYS))])

    def _countries(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Whose words the letter takes, the nearest first: its own, its country's, its union's."""
        profile = self.profiles.get(snapshot.jurisdiction)
        country = snapshot.jurisdiction.partition("-")[0]
        return (snapshot.jurisdiction, country, *(profile.lineage if profile else ()))

    def _values(self, to: _Addressed, reference: str) -> ClaimValues:
        lender, snapshot = self.lender, to.snapshot
        speaker = Speaker(
            jurisdiction=snapshot.jurisdiction,
            role=lender.role,
            creditor=snapshot.creditor,
            sender=lender.agency or snapshot.creditor,
            collector=lender.collector,
            pay_url=lender.pay_url,
            help_phone=lender.help_phone,
            help_email=lender.help_email,
        )
        return ClaimValues(
            name=snapshot.full_name,
            address=tuple(to.point.address.splitlines()),
            speaker=speaker,
            sender_address=lender.postal_address,
            product=snapshot.product,
            account_id=snapshot.account_id,
            reference=reference,
            written_on=to.written_on,
        )

    def _ask(self, to: _Addressed, letter: WrittenLetter, purpose: Purpose) -> None:
        """The gate, of this very letter; its yes is on record. Raises StepRefused for anything else."""
        order, snapshot = to.order, to.snapshot
        profile = self.profiles.get(snapshot.jurisdiction)
        act = live_act(snapshot, Channel.LETTER, order.at, profile, point=to.point, stopped=())
        text = f"{letter.subject}\n{letter.body}"
        act = replace(
            act,
            purpose=purpose,
            content=Content(text=text, readings=readings(text), disclosures=letter.declared),
            flags=replace(act.flags, legal_action_approved=True),
        )
        verdict = check(act, profile, tzdata=self.tzdata)
        if verdict.decision != "allow":
            raise _refusal(verdict)
        about = VerdictAbout(
            case_id=order.case_id,
            person_id=order.person_id,
            touch_key=order.key,
            channel=Channel.LETTER,
            at=order.at,
        )
        record_verdict(to.connection, about, verdict, snapshot.chain)

    def _put_out(self, to: _Addressed, key: str, letter: WrittenLetter, kind: PaperKind) -> str:
        """The PDF in the outbox, then its words and its hash on record; answers the file's name."""
        order = to.order
        reference = reference_code(order.case_id, key)
        page = parted(letter.subject, letter.body)
        if page is None:
            raise StepRefused(f"letter {reference} has no block for the envelope: give the person a postal address")
        content = draw_letter(page, locale=letter.locale, reference=reference)
        name = file_name(to.point.address, reference)
        try:
            self.outbox.put_out(name, reference, content)
        except OSError as error:
            later = order.at + timedelta(seconds=SETUP_RETRY_SECONDS)
            raise StepRefused(f"the folder of letters cannot be written ({error.strerror})", until=later) from None
        said = Said(
            message_id=key,
            attempted_at=datetime.now(UTC),
            channel=Channel.LETTER,
            contact_point_id=to.point.contact_point_id,
            template=kind.value,
            locale=letter.locale,
            subject=letter.subject,
            body=letter.body,
        )
        record_said(to.connection, said)
        made = NewPaper(
            paper_id=key,
            case_id=order.case_id,
            kind=kind,
            file_name=name,
            sha256=sha256(content).hexdigest(),
            made_at=order.at,
            made_by=BY,
        )
        papers.record_paper(to.connection, made)
        return name


def _snapshot(connection: Connection, order: StepOrder) -> Snapshot:
    return read_snapshot(connection, order.account_id, order.case_id, "", order.at, lock=True)


def _addressed(connection: Connection, order: StepOrder, snapshot: Snapshot) -> _Addressed:
    """With the first postal address that takes letters. Raises StepRefused without one."""
    for point in snapshot.points:
        if point.channel is Channel.LETTER and point.deliverable:
            return _Addressed(connection, order, snapshot, point)
    raise StepRefused(f"person {order.person_id} has no postal address that takes letters: import one by the book")


def _refusal(verdict: Verdict) -> StepRefused:
    return StepRefused(f"the letter may not go: {verdict.decided_by}: {verdict.why}", until=verdict.until)


def create(settings: Settings) -> LetterBeforeAction | None:
    """It needs the outbox of the channel `letter`; None without one."""
    own = read_section(settings, Channel.LETTER, LetterSettings)
    if own is None or own.outbox_dir is None:
        return None
    return LetterBeforeAction(
        outbox=LetterOutbox(folder=own.outbox_dir),
        letters=load_claim_letters(settings.templates_dir),
        lender=lender_of(settings),
        profiles=load_profiles(settings.jurisdictions_dir),
        tzdata=tzdata.IANA_VERSION,
    )
