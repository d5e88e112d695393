"""Field types that the rule files share, and the way a refusal of the core becomes a refusal of a file."""

import re
from collections.abc import Callable
from datetime import time
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import ErrorDetails

from domain.errors import AmicableError

T = TypeVar("T")

_REASONS = {
    "missing": "is missing",
    "extra_forbidden": "is not a key that belongs here",
    "model_type": "must be keys with values",
    "too_short": "must have at least one entry",
    "string_too_short": "must not be empty",
}
_SUBJECT = re.compile(r"^(?:Input|String|Tuple|List|Dictionary) should")
_WALL_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


class RuleModel(BaseModel):
    """The shape of one part of a rule file: nothing unknown, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def checked(build: Callable[[], T]) -> T:
    """Build a value of the core; its refusal becomes the ValueError that pydantic places at the key."""
    try:
        return build()
    except AmicableError as error:
        raise ValueError(str(error)) from None


def reason_of(item: ErrorDetails) -> str:
    """Pydantic's message as the rest of a sentence that begins with the key; never with the value."""
    if item["type"] in _REASONS:
        return _REASONS[item["type"]]
    return _SUBJECT.sub("must", item["msg"].removeprefix("Value error, "))


def _wall_time(value: object) -> time:
    if not isinstance(value, str) or not _WALL_TIME.fullmatch(value):
        raise ValueError(f'must be a time from "00:00" to "23:59", not {value!r}')
    return time.fromisoformat(value)


def _amount(value: object) -> str:
    """A plain number stays text, so that no digit is lost before the currency is known."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError("must be an amount in major units such as 5.00")  # noqa: TRY004  # pydantic places ValueErrors
    return str(value)


WallTime = Annotated[time, BeforeValidator(_wall_time)]
MajorAmount = Annotated[str, BeforeValidator(_amount)]
Days = Annotated[int, Field(strict=True, ge=0, le=3650)]
PositiveDays = Annotated[int, Field(strict=True, ge=1, le=3650)]
Percent = Annotated[int, Field(strict=True, ge=1, le=100)]
Text = Annotated[str, Field(min_length=1)]
