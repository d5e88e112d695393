"""What may be said about a span outside of this process: known attributes, and of errors their kind.

Libraries add what they like: whole addresses with their query, the words of an exception, its stack with values in it.
So this is a list of what goes out, not of what stays in; a name that is not on it stays here.
"""

from collections.abc import Mapping, Sequence

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import AnyValue

ATTRIBUTES = frozenset(
    {
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "server.address",
        "amicable.event_id",
        "amicable.fact",
        "amicable.account_id",
        "amicable.case_id",
        "amicable.touch_key",
        "amicable.channel",
        "amicable.provider",
        "amicable.outcome",
        "amicable.verdict",
        "amicable.rule",
        "temporalWorkflowID",
        "temporalRunID",
        "temporalActivityID",
        "temporalActivityType",
        "temporalUpdateID",
        "exception.type",
    }
)


class Scrubbed(SpanExporter):
    """An exporter that is only given what may go out."""

    def __init__(self, inner: SpanExporter) -> None:
        self.inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand on what may go out."""
        return self.inner.export([scrubbed(span) for span in spans])

    def shutdown(self) -> None:
        """As the one inside."""
        self.inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """As the one inside."""
        return self.inner.force_flush(timeout_millis)


def scrubbed(span: ReadableSpan) -> ReadableSpan:
    """The same span with known attributes only, and of its errors the kind."""
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_known(span.attributes),
        events=[Event(each.name, _known(each.attributes), each.timestamp) for each in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code, _kind_of(span.status.description)),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _known(attributes: Mapping[str, AnyValue] | None) -> dict[str, AnyValue]:
    return {name: value for name, value in (attributes or {}).items() if name in ATTRIBUTES}


def _kind_of(description: str | None) -> str | None:
    """`ValueError: its words` without the words."""
    kind = (description or "").partition(":")[0]
    return kind if kind.isidentifier() else None
