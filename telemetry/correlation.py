"""The ids of what is being worked on, for every line of the log that is written meanwhile.

They follow the work across threads and tasks as `contextvars` do. Ids only: a case, a touch, a fact; never a person's
name or address.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

NAMES = ("case_id", "account_id", "touch_key", "event_id", "workflow_id", "activity")
"""What may stand beside a line of the log, in this order."""

_NOTHING: Mapping[str, str] = MappingProxyType({})
_about: ContextVar[Mapping[str, str]] = ContextVar("amicable_about", default=_NOTHING)


@contextmanager
def about(**ids: str | None) -> Iterator[None]:
    """Whatever is logged inside is about these; an id that is empty is left out."""
    unknown = ids.keys() - set(NAMES)
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))}: not an id that may stand in a log")
    token = _about.set({**_about.get(), **{name: told for name, told in ids.items() if told}})
    try:
        yield
    finally:
        _about.reset(token)


def current() -> Mapping[str, str]:
    """The ids of what is being worked on here."""
    return _about.get()


def ids_of_request(request: Any) -> dict[str, str]:
    """The ids that an activity's input names, whatever its type."""
    found: dict[str, str] = {}
    case = getattr(request, "case", None)
    for holder in (request, case):
        for name in ("case_id", "account_id"):
            told = getattr(holder, name, None)
            if isinstance(told, str):
                found[name] = told
    touch_key = getattr(getattr(getattr(request, "step", None), "action", None), "touch_key", None)
    if isinstance(touch_key, str):
        found["touch_key"] = touch_key
    return found
