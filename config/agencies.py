"""Agencies and their terms, from one file: what each takes, earns, and may object to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from config.documents import Document, read_document, read_model, refuse_all
from config.fields import Days, RuleModel, Text
from domain.errors import InvalidInput, NotKnown
from domain.placement.agency import Agency, FileForm, Rate, Remits

AGENCIES_FILE = Path(__file__).parent / "agencies.yaml"
"""The demo's agencies, which are invented; live mode needs a file of its own."""

AgencyId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,29}$")]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
BasisPoints = Annotated[int, Field(strict=True, ge=0, le=10_000)]
Product = Annotated[str, Field(pattern=r"^[a-z0-9_]{0,40}$")]
Folder = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]{1,200}$")]
Objections = Annotated[int, Field(strict=True, ge=0, le=10)]


class RateFile(RuleModel):
    """One rate as it stands in the file."""

    basis_points: BasisPoints
    product: Product = ""
    from_days: Days = 0


class RecallFile(RuleModel):
    """How long an agency may object, and how often."""

    objection_days: Days
    extension_days: Days
    objections_most: Objections


class AgencyFile(RuleModel):
    """One agency as it stands in the file."""

    name: Annotated[Text, Field(max_length=50)]
    form: FileForm = Field(alias="format")
    currencies: Annotated[tuple[CurrencyCode, ...], Field(min_length=1)]
    remits: Remits
    commission: Annotated[tuple[RateFile, ...], Field(min_length=1)]
    recall: RecallFile
    drop_folder: Folder


class AgenciesFile(RuleModel):
    """The whole file."""

    agencies: Annotated[dict[AgencyId, AgencyFile], Field(min_length=1)]


def load_agencies(path: Path = AGENCIES_FILE) -> dict[str, Agency]:
    """Every agency by its id. Raises ConfigurationError with every problem, each with file, line, key and reason."""
    document = read_document(path)
    file = read_model(document, AgenciesFile)
    agencies: dict[str, Agency] = {}
    problems: list[str] = []
    for agency_id, told in file.agencies.items():
        try:
            agencies[agency_id] = _agency(agency_id, told)
        except InvalidInput as error:
            problems.append(_problem(document, agency_id, error))
    refuse_all(problems)
    return agencies


def agency_of(agencies: Mapping[str, Agency], agency_id: str) -> Agency:
    """The agency of that id. Raises NotKnown with those that there are."""
    if agency_id not in agencies:
        raise NotKnown(f"agency {agency_id} is not known: the file of agencies has {', '.join(sorted(agencies))}")
    return agencies[agency_id]


def _agency(agency_id: str, told: AgencyFile) -> Agency:
    return Agency(
        agency_id=agency_id,
        name=told.name,
        form=told.form,
        currencies=told.currencies,
        rates=tuple(Rate(**rate.model_dump()) for rate in told.commission),
        remits=told.remits,
        objection_days=told.recall.objection_days,
        extension_days=told.recall.extension_days,
        objections_most=told.recall.objections_most,
        drop_folder=told.drop_folder,
    )


def _problem(document: Document, agency_id: str, error: InvalidInput) -> str:
    return document.problem(("agencies", agency_id), str(error))
