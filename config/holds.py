"""Duties and ways out of holds from `config/holds/*.yaml`: the file's shape here, its meaning in `domain.duties`."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from config.documents import Document, KeyPath, read_document, read_model, refuse_all, rule_files
from config.fields import Days, PositiveDays, RuleModel, Text
from config.law.timing import HolidayTable
from domain.compliance.deadlines import NO_HOLIDAYS
from domain.duties import DEFAULT, DutyRule, Effect, HoldRule, HoldRules, Outcome, WayOut
from domain.errors import ConfigurationError, InvalidInput
from domain.vocabulary import HoldKind

HOLDS_DIR = Path(__file__).parent / "holds"

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Flag = Annotated[bool, Field(strict=True)]


class DutyFile(RuleModel):
    """One duty as it stands in the file."""

    duty: Word
    what: Text
    days: Days | None = None
    business_days: Days | None = None
    opens_after_days: Days = 0
    evidence: Flag = False
    again_every_days: Days = 0
    ends_hold_after_days: Days | None = None
    citation: str = ""

    @model_validator(mode="after")
    def _one_count(self) -> Self:
        if (self.days is None) == (self.business_days is None):
            raise ValueError("needs exactly one of days and business_days")
        return self

    def rule(self) -> DutyRule:
        """The duty as the core knows it."""
        business = self.business_days is not None
        return DutyRule(
            duty=self.duty,
            what=self.what,
            days=(self.business_days if business else self.days) or 0,
            business=business,
            opens_after_days=self.opens_after_days,
            needs_evidence=self.evidence,
            again_every_days=self.again_every_days,
            ends_hold_after_days=self.ends_hold_after_days,
            citation=self.citation,
        )


class WayFile(RuleModel):
    """One way out as it stands in the file."""

    effect: Effect
    requires: tuple[Word, ...] = ()
    within_business_days: Days = 0


class VariantFile(RuleModel):
    """The duties of a kind of hold, or of one code of it."""

    owner: Text
    citation: str = ""
    by_decision_only: Flag = False
    ends_after_days: PositiveDays | None = None
    duties: Annotated[tuple[DutyFile, ...], Field(min_length=1)]
    ways_out: dict[Outcome, WayFile] = Field(default_factory=dict)


class HoldFile(VariantFile):
    """A kind of hold as it stands in the file."""

    needs_code: Flag = False
    codes: dict[Word, Text] = Field(default_factory=dict)
    variants: dict[Word, VariantFile] = Field(default_factory=dict)


class HoldsFile(RuleModel):
    """A whole file."""

    jurisdiction: Annotated[str, Field(pattern=r"^[A-Z]{2,7}(-[A-Z]{2,3})?$")]
    purpose: Text
    holidays: HolidayTable | None = None
    holds: Annotated[dict[HoldKind, HoldFile], Field(min_length=1)]


def load_hold_rules(directory: Path = HOLDS_DIR) -> HoldRules:
    """Every file of the directory.

    Raises ConfigurationError that lists each problem with file, line, key and reason.
    """
    of: dict[str, dict[HoldKind, HoldRule]] = {}
    problems: list[str] = []
    for path in rule_files(directory):
        try:
            document = read_document(path)
            file = read_model(document, HoldsFile)
            of[file.jurisdiction] = _rules(document, file)
        except ConfigurationError as error:
            problems += str(error).splitlines()
    if DEFAULT not in of and not problems:
        problems.append(f"{directory.name}: no file has jurisdiction {DEFAULT}, which stands in for all others")
    refuse_all(problems)
    return HoldRules(of=of)


def _rules(document: Document, file: HoldsFile) -> dict[HoldKind, HoldRule]:
    problems: list[str] = []
    if file.jurisdiction.lower() != document.path.stem:
        wanted = f"{file.jurisdiction} belongs in a file named {file.jurisdiction.lower()}.yaml"
        problems.append(document.problem(("jurisdiction",), wanted))
    rules: dict[HoldKind, HoldRule] = {}
    for kind, told in file.holds.items():
        path: KeyPath = ("holds", kind.value)
        try:
            rules[kind] = _rule(kind, told, file)
        except InvalidInput as error:
            problems.append(document.problem(path, str(error)))
    refuse_all(problems)
    return rules


def _rule(kind: HoldKind, told: VariantFile, file: HoldsFile) -> HoldRule:
    variants: dict[str, HoldRule] = {}
    codes: dict[str, str] = {}
    needs_code = False
    if isinstance(told, HoldFile):
        variants = {code: _rule(kind, variant, file) for code, variant in told.variants.items()}
        codes, needs_code = dict(told.codes), told.needs_code
    return HoldRule(
        kind=kind,
        owner=told.owner,
        duties=tuple(duty.rule() for duty in told.duties),
        ways_out=tuple(
            WayOut(
                outcome=outcome,
                effect=way.effect,
                requires=way.requires,
                within_business_days=way.within_business_days,
            )
            for outcome, way in told.ways_out.items()
        ),
        by_decision_only=told.by_decision_only,
        ends_after_days=told.ends_after_days,
        codes=codes,
        needs_code=needs_code,
        variants=variants,
        citation=told.citation,
        holidays=file.holidays.dates() if file.holidays else NO_HOLIDAYS,
    )
