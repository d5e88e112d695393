"""For how long the record of a collection is kept, by jurisdiction."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from config.documents import read_document, read_model
from config.fields import RuleModel

FILE = Path(__file__).parent / "retention.yaml"


class _Kept(RuleModel):
    years: Annotated[int, Field(ge=1, le=100)]
    source: Annotated[str, Field(min_length=1)]


class _RetentionFile(RuleModel):
    default: _Kept
    jurisdictions: dict[str, _Kept]


@dataclass(frozen=True, slots=True)
class Kept:
    """How many years after the last activity, and why."""

    years: int
    source: str


def retention_in(jurisdiction: str, path: Path = FILE) -> Kept:
    """What counts in a jurisdiction; a part of a country, such as `US-NYC`, goes by the country's law.

    Raises ConfigurationError with file, line, key and reason for a file that cannot be read.
    """
    told = read_model(read_document(path), _RetentionFile)
    found = told.jurisdictions.get(jurisdiction.partition("-")[0], told.default)
    return Kept(years=found.years, source=found.source)
