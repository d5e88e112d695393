"""The log of a process: lines for a person, or one JSON object a line for a machine.

Each line carries the ids of what is being worked on (`telemetry.correlation`) and the trace it belongs to. No personal
data stands in it, twice over: our own sentences name ids only, and what others say is cut here. Of an exception that is
not ours only its kind and its place are told, because its words may quote a value; whatever still looks like a
telephone number or an e-mail address is masked.
"""

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal

from telemetry.correlation import NAMES, current
from telemetry.tracing import current_trace_id

LogFormat = Literal["text", "json"]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

MASK = "[masked]"
_ADDRESSES = re.compile(r"\+[0-9][0-9 ().-]{5,18}[0-9]|[^\s@<>\"'=,;:()\[\]]+@[^\s@<>\"'=,;:()\[\]]+\.[A-Za-z]{2,}")
_OURS = ("domain.", "temporalio.")
"""Whose exceptions are told with their words: ours by the rule of `domain.errors`, Temporal's as they name ids."""
_QUIET = ("alembic", "httpx", "httpcore", "opentelemetry", "fontTools")
_FRAMES = 12
"""Of a traceback the innermost frames; they are what one looks at."""


def configure(log_format: LogFormat, *, level: int = logging.INFO) -> None:
    """Write this process's log to standard error; asked again, the last word counts."""
    handler = _ToStandardError()
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    root = logging.getLogger()
    for other in [each for each in root.handlers if isinstance(each, _ToStandardError)]:
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class _ToStandardError(logging.Handler):
    """Writes to whatever standard error is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line; one that cannot be written is reported as the library does it."""
        try:
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except Exception:  # noqa: BLE001 - a log must not end what it tells of
            self.handleError(record)


def masked(text: str) -> str:
    """The text without anything that one could write to or call."""
    return _ADDRESSES.sub(MASK, text)


class TextLines(logging.Formatter):
    """`2026-11-21 09:00:00,000 INFO web.ledger a sentence [case_id=C-1]`, and below it where an error was raised."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line, with the ids at its end."""
        ids = " ".join(f"{name}={told}" for name, told in ids_of(record).items())
        line = f"{self.formatTime(record)} {record.levelname} {record.name} {masked(record.getMessage())}"
        told = [f"{line} [{ids}]" if ids else line]
        if record.exc_info:
            told.append(self.formatException(record.exc_info))
        return "\n".join(told)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - the library's name
        """Kind and place; see the module's text."""
        return "\n".join(f"  {line}" for line in (_kind(ei), *_places(ei)))


class JsonLines(logging.Formatter):
    """One object a line; the keys are the same in every line and are told in docs/telemetry.md."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
            **ids_of(record),
        }
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = {"kind": _kind(record.exc_info), "where": _places(record.exc_info)}
        return json.dumps(told, ensure_ascii=False)


def ids_of(record: logging.LogRecord) -> dict[str, str]:
    """The ids of a line: of what is being worked on, and what Temporal's own loggers say of a workflow or activity."""
    found = dict(current())
    for extra in ("temporal_workflow", "temporal_activity"):
        told = getattr(record, extra, None)
        if isinstance(told, dict) and isinstance(told.get("workflow_id"), str):
            found.setdefault("workflow_id", told["workflow_id"])
    ordered = {name: found[name] for name in NAMES if name in found}
    trace_id = current_trace_id()
    return {**ordered, "trace_id": trace_id} if trace_id else ordered


def _kind(ei: ExcInfo) -> str:
    """The exception's kind, and its words if they are ours."""
    kind, error, _ = ei
    if kind is None or error is None:
        return ""
    ours = any(f"{each.__module__}.".startswith(_OURS) for each in kind.__mro__ if each.__module__ != "builtins")
    return f"{kind.__name__}: {masked(str(error))}" if ours else kind.__name__


def _places(ei: ExcInfo) -> list[str]:
    """Where it was raised, the innermost last; file, line and function, never a line of data."""
    frames = traceback.extract_tb(ei[2])[-_FRAMES:] if ei[2] is not None else []
    return [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
