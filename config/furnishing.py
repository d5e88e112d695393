"""Rules of furnishing to the credit bureaus, from one file."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from config.documents import read_document, read_model
from config.fields import RuleModel, Text
from domain.furnishing.file import Furnisher
from domain.furnishing.rules import CreditType, FurnishingRules

FURNISHING_FILE = Path(__file__).parent / "furnishing.yaml"
"""The demo's furnisher, which is invented; live mode needs a file of its own."""
SHORTEST_NOTICE = 14
"""12 CFR 1006.30(a)(1): no rule file may ask for less."""

Line40 = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[\x20-\x7e]+$")]


class NoticeFile(RuleModel):
    """What the person is told beforehand, and how long before."""

    template: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    days: Annotated[int, Field(strict=True, ge=SHORTEST_NOTICE, le=365)]


class FurnisherFile(RuleModel):
    """Who furnishes."""

    identification_number: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{5,20}$")]
    reporter_name: Line40
    reporter_address: Annotated[str, Field(min_length=1, max_length=96, pattern=r"^[\x20-\x7e]+$")]
    reporter_phone: Annotated[int, Field(strict=True, ge=0, le=9_999_999_999)] = 0
    equifax_program: Annotated[str, Field(max_length=10)] = ""
    experian_program: Annotated[str, Field(max_length=5)] = ""
    transunion_program: Annotated[str, Field(max_length=10)] = ""
    innovis_program: Annotated[str, Field(max_length=10)] = ""


class ProductFile(RuleModel):
    """What a product is to the bureaus."""

    portfolio_type: Literal["C", "I", "M", "O", "R", "L"]
    account_type: Annotated[str, Field(pattern=r"^[0-9A-Z]{2}$")]
    duration: Annotated[str, Field(pattern=r"^(LOC|REV|[0-9]{3})$")]
    frequency: Literal["D", "P", "W", "B", "E", "M", "L", "Q", "T", "S", "Y"]


class FurnishingFile(RuleModel):
    """The whole file."""

    jurisdictions: Annotated[tuple[Text, ...], Field(min_length=1)]
    notice: NoticeFile
    furnisher: FurnisherFile
    products: Annotated[dict[str, ProductFile], Field(min_length=1)]
    creditor_classification: Annotated[int, Field(strict=True, ge=1, le=15)]


def load_furnishing(path: Path = FURNISHING_FILE) -> FurnishingRules:
    """The rules. Raises ConfigurationError with every problem, each with file, line, key and reason."""
    file = read_model(read_document(path), FurnishingFile)
    return FurnishingRules(
        jurisdictions=frozenset(file.jurisdictions),
        notice_template=file.notice.template,
        notice_days=file.notice.days,
        furnisher=Furnisher(**file.furnisher.model_dump()),
        products={name: CreditType(**told.model_dump()) for name, told in file.products.items()},
        creditor_classification=file.creditor_classification,
    )
