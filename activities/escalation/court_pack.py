"""The pack for a court: the evidence of a case and a summary of the claim in one archive, which proves itself.

It is put into a folder, from which people of law take it; nothing is filed by a machine.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from activities.composing import LenderContact
from activities.escalation.outside_steps import StepOrder, StepTaken, StepUndone
from activities.legal_files import put_file
from activities.lender import lender_of
from activities.wire import SETUP_RETRY_SECONDS
from casedb import papers
from casedb.evidence import CaseFile, read_case_file
from casedb.ledger import items_of
from casedb.papers import NewPaper
from config.evidence import evidence_words
from config.jurisdictions import load_profiles
from config.settings import Settings
from documents.claim import Grounds, claim_files
from documents.evidence_bundle import as_json, make_bundle, safe_name
from domain.compliance.deadlines import anniversary
from domain.compliance.legal import Limitation
from domain.compliance.profile import Profile
from domain.errors import StepRefused
from domain.escalation import OutsideKind, Parameters
from domain.vocabulary import PaperKind

KIND = OutsideKind.COURT_PACK
BY = "amicable"
WITHDRAWN = ".withdrawn.json"
"""Behind the name of a pack: the note beside it that it must not be used any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtPack:
    """Puts the pack into the folder; the parameter `locale` is the court's language, else the person's."""

    folder: Path
    lender: LenderContact
    profiles: Mapping[str, Profile]
    kind: OutsideKind = KIND

    def problems(self, parameters: Parameters) -> Iterable[str]:
        """Only `locale`, a language that there are words for."""
        for name, value in parameters.items():
            if name != "locale":
                yield f"court_pack has no parameter {name}"
            elif not isinstance(value, str) or evidence_words(value)[2] != value:
                yield f"locale must be a language of config/evidence, not {value!r}"

    def take(self, connection: Connection, order: StepOrder) -> StepTaken:
        """Write the pack. Raises StepRefused for a ledger that does not itemise what is owed, or no folder."""
        file = read_case_file(connection, order.case_id)
        locale = str(order.parameters.get("locale", "")) or file.locale
        claim = claim_files(file, self._grounds(connection, file), made_at=order.at, locale=locale)
        name = f"court-pack-{safe_name(order.key)}.zip"
        bundle = make_bundle(file, made_at=order.at, locale=locale, beside=claim, name=name)
        self._put(order, name, bundle.content)
        made = NewPaper(
            paper_id=order.key,
            case_id=order.case_id,
            kind=PaperKind.COURT_PACK,
            file_name=name,
            sha256=bundle.sha256,
            made_at=order.at,
            made_by=BY,
        )
        papers.record_paper(connection, made)
        return StepTaken(reference=name, says=f"pack for the court, SHA-256 {bundle.sha256}")

    def undo(self, connection: Connection, order: StepOrder) -> StepUndone:
        """Mark it as withdrawn, on record and by a note beside it; the pack itself stays as evidence."""
        papers.withdraw_paper(connection, order.key, order.at)
        paper = papers.find_paper(connection, order.key)
        name = str(paper.file_name) if paper is not None else f"court-pack-{safe_name(order.key)}.zip"
        note = {"pack": name, "withdrawn_at": order.at.isoformat(), "why": order.why}
        self._put(order, f"{name}{WITHDRAWN}", as_json(note))
        return StepUndone(reference=f"{name}{WITHDRAWN}", says=f"the pack is withdrawn: {order.why}")

    def _grounds(self, connection: Connection, file: CaseFile) -> Grounds:
        case = file.case
        items = items_of(connection, case.account_id, case.currency)
        if items is None or items.total.amount_minor != case.balance_minor or case.due_on is None:
            raise StepRefused(f"account {case.account_id}: its ledger does not itemise what is owed")
        profile = self.profiles.get(str(file.rows("person")[0]["jurisdiction"]))
        terms = (rule.terms for rule in (profile.rules if profile else ()))
        years = next((each.years for each in terms if isinstance(each, Limitation)), None)
        return Grounds(
            items=items,
            due_on=case.due_on,
            claimant_address=self.lender.postal_address,
            represented_by=self.lender.agency,
            limitation_years=years,
            limitation_ends_on=anniversary(case.due_on, years) if years else None,
        )

    def _put(self, order: StepOrder, name: str, content: bytes) -> None:
        try:
            put_file(self.folder, name, content)
        except OSError as error:
            later = order.at + timedelta(seconds=SETUP_RETRY_SECONDS)
            raise StepRefused(f"the folder of court packs cannot be written ({error.strerror})", until=later) from None


def create(settings: Settings) -> CourtPack | None:
    """It needs its folder; None without one."""
    if settings.court_packs_dir is None:
        return None
    return CourtPack(
        folder=settings.court_packs_dir,
        lender=lender_of(settings),
        profiles=load_profiles(settings.jurisdictions_dir),
    )
