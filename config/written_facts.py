"""Facts of a worked case in the shapes in which people write them, brought to the shapes of the core.

An instant is called `..._utc` in the cases and `..._at` in the core. A date may be written as an instant and an
instant as a date; one item may stand for a list; a null or a false hold is an absent one.
"""

from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from domain.calendar import as_utc, local_date, start_of_day

_ALSO_CALLED = {"debts": "debt_ids", "last_collection_activity": "last_activity"}
"""Words of the law for what the core calls otherwise."""


def as_written(facts: Mapping[str, Any], owner: type, zone_name: str) -> dict[str, Any]:
    """The facts under the names and in the shapes of the dataclass `owner`; what it does not know stays as it is.

    `zone_name` is the zone whose calendar ties dates to instants: that of the person. What fits no shape is left for
    the owner's own validation to refuse.
    """
    hints = _hints(owner)
    read: dict[str, Any] = {}
    for name, value in facts.items():
        own = name.removesuffix("_utc") + "_at" if name.endswith("_utc") else _ALSO_CALLED.get(name, name)
        shaped = _shaped(value, hints.get(own), zone_name)
        if shaped is not None:
            read[own] = shaped
    return read


@cache
def _hints(owner: type) -> dict[str, Any]:
    return {name: _without_none(hint) for name, hint in get_type_hints(owner).items()}


def _without_none(hint: Any) -> Any:
    options = [each for each in get_args(hint) if each is not type(None)] if isinstance(hint, UnionType) else []
    return options[0] if options else hint


def _shaped(value: Any, hint: Any, zone_name: str) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        return _part(value, hint, zone_name)
    if get_origin(hint) is tuple and isinstance(value, str):
        return (value,)
    if not isinstance(value, str):
        return value
    if hint is bool:
        return True if _instant(value, zone_name) else value  # the day on which it was done says that it was done
    if hint in (date, datetime):
        return _moment(value, hint, zone_name)
    return value


def _part(value: Any, owner: type, zone_name: str) -> Any:
    if isinstance(value, Mapping):
        return as_written(value, owner, zone_name)
    return None if value is False else value


def _moment(value: str, hint: Any, zone_name: str) -> Any:
    instant = _instant(value, zone_name)
    if instant is None:
        return value
    return local_date(instant, zone_name) if hint is date else instant


def _instant(value: str, zone_name: str) -> datetime | None:
    """The instant that is written, in UTC where it names no zone, or the first of the day that is; None for neither."""
    try:
        return start_of_day(date.fromisoformat(value), zone_name)
    except (ValueError, OverflowError):
        pass
    try:
        written = datetime.fromisoformat(value)
        return as_utc(written if written.tzinfo else written.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
