"""Spans of one process, and the one place that knows whether anybody wants them.

Off, which is the default, nothing of OpenTelemetry is imported and a span costs a comparison. On, a post to our door
and everything that follows from it is one trace: the door's span is stored with the fact (`inbox_event.traceparent`),
whoever tells the case of it goes on from there, and Temporal carries it through workflow and activities
(`telemetry.plugin`). What leaves the process is first cut down to a list of known attributes (`telemetry.scrubbing`).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span
    from temporalio.contrib.opentelemetry import ReplaySafeTracerProvider

# ruff: noqa: PLC0415 - OpenTelemetry is imported when traces are switched on, and not before

Exporter = Literal["off", "console", "otlp"]
Kind = Literal["internal", "server", "client", "producer", "consumer"]

SCOPE = "amicable"
"""By whom our own spans are made; Temporal's have its own name."""


@dataclass(slots=True)
class _Process:
    """This process: OpenTelemetry allows one provider for its whole life."""

    provider: "ReplaySafeTracerProvider | None" = None


_process = _Process()


@dataclass(slots=True)
class Noting:
    """A span that is open, or nothing at all while traces are off or once it has ended."""

    span: "Span | None" = None

    def note(self, **attributes: str | int | bool) -> None:
        """Add what is known by now: ours by its plain name, that of a convention as `http__route` for `http.route`."""
        if self.span is not None:
            self.span.set_attributes(_dotted(attributes))

    def rename(self, name: str) -> None:
        """Call it by what it turned out to be."""
        if self.span is not None:
            self.span.update_name(name)

    def failed(self, kind: str) -> None:
        """Mark it as gone wrong; the kind of error and nothing of its words."""
        if self.span is not None:
            from opentelemetry.trace import StatusCode

            self.span.set_status(StatusCode.ERROR, kind)

    def end(self) -> None:
        """It is over now, though more may happen in its trace; once is enough."""
        if self.span is not None:
            self.span.end()
            self.span = None


def start(exporter: "Exporter | SpanExporter", *, service: str, endpoint: str | None = None, sample: float = 1) -> None:
    """Switch traces on for the life of this process. Asked again it changes nothing; `off` is nothing.

    `service` is which of our processes this is. Of new traces the share `sample` is kept; one that came from elsewhere
    in the house is kept as it was there. OTLP goes by HTTP to `endpoint`, or where OpenTelemetry's own variables say.
    """
    if exporter == "off" or _process.provider is not None:
        return
    import opentelemetry.trace
    from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_NAMESPACE, Resource
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
    from temporalio.contrib.opentelemetry import create_tracer_provider

    from telemetry.scrubbing import Scrubbed

    provider = create_tracer_provider(
        sampler=ParentBased(TraceIdRatioBased(sample)),
        resource=Resource.create({SERVICE_NAMESPACE: SCOPE, SERVICE_NAME: f"{SCOPE}-{service}"}),
    )
    to = Scrubbed(_exporter(exporter, endpoint) if isinstance(exporter, str) else exporter)
    provider.add_span_processor(BatchSpanProcessor(to) if exporter == "otlp" else SimpleSpanProcessor(to))
    opentelemetry.trace.set_tracer_provider(provider)
    _process.provider = provider


def _exporter(name: str, endpoint: str | None) -> "SpanExporter":
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=endpoint)


def stop() -> None:
    """Hand over what is left; for the end of a process."""
    if _process.provider is not None:
        _process.provider.force_flush()
        _process.provider.shutdown()
        # Workflows that a worker still remembers have open spans, and each would complain that nobody takes it. Another
        # worker goes on with them, and ends the very same span.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)


def is_on() -> bool:
    """Whether anybody wants spans."""
    return _process.provider is not None


@contextmanager
def span(
    name: str, kind: Kind = "internal", *, parent: str = "", apart: bool = False, **attributes: str | int | bool
) -> Iterator[Noting]:
    """Everything inside belongs to it. `parent` is a traceparent to go on from, else what is open here is the parent.

    `apart` begins a trace of its own that only refers to what is open here: for one of very many that are begun
    together. An error leaves its kind in the span, never its words.
    """
    if _process.provider is None:
        yield Noting()
        return
    from opentelemetry.trace import INVALID_SPAN, Link, SpanKind, get_current_span, set_span_in_context

    context, links = _context_of(parent), []
    if apart:
        here = get_current_span().get_span_context()
        context, links = set_span_in_context(INVALID_SPAN), [Link(here)] if here.is_valid else []
    with _process.provider.get_tracer(SCOPE).start_as_current_span(
        name,
        context=context,
        kind=SpanKind[kind.upper()],
        attributes=_dotted(attributes),
        links=links,
        record_exception=False,
        set_status_on_exception=False,
        end_on_exit=False,
    ) as opened:
        noting = Noting(opened)
        try:
            yield noting
        except Exception as error:
            noting.failed(type(error).__name__)
            raise
        finally:
            noting.end()


def current_traceparent() -> str:
    """What is open here, as W3C's trace context writes it; empty while traces are off or nothing is open."""
    if _process.provider is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


def current_trace_id() -> str:
    """The trace that is open here, in hexadecimal; empty while there is none."""
    if _process.provider is None:
        return ""
    from opentelemetry.trace import format_trace_id, get_current_span

    context = get_current_span().get_span_context()
    return format_trace_id(context.trace_id) if context.is_valid else ""


def _context_of(traceparent: str) -> Any:
    """None, which means what is open here, unless there is a traceparent that can be read."""
    if not traceparent:
        return None
    from opentelemetry.trace import get_current_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({"traceparent": traceparent})
    return context if get_current_span(context).get_span_context().is_valid else None


def _dotted(attributes: dict[str, str | int | bool]) -> dict[str, str | int | bool]:
    return {name.replace("__", ".") if "__" in name else f"{SCOPE}.{name}": value for name, value in attributes.items()}
