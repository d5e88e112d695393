"""Furnishing to the credit bureaus: the account is in the next file of the month; undone by a correction.

The person is told beforehand; the law of the jurisdiction is asked as well, and may ask for more than our rules do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import tzdata
from sqlalchemy import Connection

from activities.escalation.outside_steps import StepOrder, StepTaken, StepUndone
from casedb import furnishing
from casedb.furnishing import FurnishingOrder, FurnishingRecord
from casedb.snapshot import read_snapshot
from config.furnishing import FURNISHING_FILE, load_furnishing
from config.jurisdictions import load_profiles
from config.settings import Settings
from domain.calendar import local_date
from domain.compliance.facts import Act, CandidateZone
from domain.compliance.flags import Flags
from domain.compliance.gate import check
from domain.compliance.profile import Profile
from domain.compliance.vocabulary import ActKind, Medium, Purpose
from domain.errors import StepRefused
from domain.escalation import OutsideKind, Parameters
from domain.furnishing.rules import FurnishingRules

KIND = OutsideKind.BUREAU_FURNISHING


@dataclass(frozen=True, slots=True)
class FurnishingStep:
    """An account that the bureaus hear of from the next file on."""

    rules: FurnishingRules
    jurisdictions_dir: Path
    kind: OutsideKind = KIND

    def problems(self, parameters: Parameters) -> Iterable[str]:
        """It has no parameters: what is furnished is what is true."""
        return (f"bureau_furnishing has no parameter {name}" for name in parameters)

    def take(self, connection: Connection, order: StepOrder) -> StepTaken:
        """Begin, once. Raises StepRefused without notice, before its days are over, or where there is no Metro 2."""
        wanted = FurnishingOrder(key=order.key, account_id=order.account_id, case_id=order.case_id, at=order.at)
        known = furnishing.find_by_order(connection, order.key)
        if known is None:
            known = furnishing.begin(connection, self.rules, wanted)
            self._ask_the_law(connection, known, order)
        return StepTaken(
            reference=f"furnishing:{known.furnishing_id}",
            says=f"furnished from the next file on; the person was told on {known.notice_at:%Y-%m-%d}",
        )

    def undo(self, connection: Connection, order: StepOrder) -> StepUndone:
        """Ask for the correction, once; what no file told is ended without a word."""
        if furnishing.find_by_order(connection, order.key) is None:
            raise StepRefused(f"nothing was furnished under {order.key}: a person must look what became of it")
        known = furnishing.undo(connection, order.key, f"{order.key}/undo", order.at)
        return StepUndone(reference=f"correction:{known.furnishing_id}", says=f"{_told(known)}: {order.why}")

    def _ask_the_law(self, connection: Connection, known: FurnishingRecord, order: StepOrder) -> None:
        snapshot = read_snapshot(connection, order.account_id, "", "", order.at, lock=False)
        profile = _profiles(self.jurisdictions_dir).get(snapshot.jurisdiction)
        if profile is None:
            raise StepRefused(f"no law of {snapshot.jurisdiction} is on file: nothing is furnished there")
        zones = snapshot.zones or (snapshot.zone,)
        act = Act(
            kind=ActKind.CALC,
            jurisdiction=snapshot.jurisdiction,
            role=profile.role,
            at=order.at,
            channel=Medium.CREDIT_REPORT,
            purpose=Purpose.FURNISH,
            zones=tuple(CandidateZone(name=name) for name in zones),
            debt_ids=(order.account_id,),
            flags=Flags(notice_sent=local_date(known.notice_at, snapshot.zone), pre_notice_sent=True),
        )
        verdict = check(act, profile, tzdata=tzdata.IANA_VERSION)
        if verdict.decision != "allow":
            raise StepRefused(f"account {order.account_id} is not furnished: {verdict.why}", until=verdict.until)


@cache
def _profiles(directory: Path) -> Mapping[str, Profile]:
    """Read when the first account is to be furnished: most processes never do."""
    return load_profiles(directory)


def _told(known: FurnishingRecord) -> str:
    if known.undo_key is None or (known.ended_at is not None and known.undone_at == known.ended_at):
        return "no file told of it"
    if known.deleted:
        return "the next file takes everything back (status DA)"
    return "the next file corrects it by the code of what happened"


def create(settings: Settings) -> FurnishingStep | None:
    """Off in live mode while the rules of furnishing are the demo's, whose furnisher is invented."""
    if settings.mode == "live" and settings.furnishing_file == FURNISHING_FILE:
        return None
    return FurnishingStep(load_furnishing(settings.furnishing_file), settings.jurisdictions_dir)
