"""Numbers of one process, on the endpoint that Temporal's SDK serves its own on; nothing while it is off.

The instruments are declared here, with their labels: a label has few values, and none of them is a person's, an
account's or a case's. In Prometheus a counter ends in `_total` and a duration in `_seconds`.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from domain.errors import ConfigurationError

if TYPE_CHECKING:
    from temporalio.runtime import PrometheusConfig, Runtime

# ruff: noqa: PLC0415 - Temporal's SDK takes longer to load than most commands to run


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One number, or one for each of its labels' values."""

    kind: Literal["counter", "gauge", "duration"]
    about: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Of a duration, in seconds."""

    def exported_as(self, name: str) -> str:
        """Its name in Prometheus, without what a histogram adds."""
        return name + {"counter": "_total", "gauge": "", "duration": "_seconds"}[self.kind]


VERDICTS = "amicable_gate_verdicts"
ANSWERS = "amicable_provider_answers"
PROVIDER_TIME = "amicable_provider_call"
COST = "amicable_message_cost_micros"
SILENCE = "amicable_payment_silence"
RELAYED = "amicable_relayed_facts"
DOOR_ANSWERS = "amicable_door_answers"
DOOR_TIME = "amicable_door_answer"
UNTOLD = "amicable_untold_facts"
UNTOLD_AGE = "amicable_untold_oldest_seconds"
PARKED = "amicable_parked_facts"
OPEN_CASES = "amicable_open_cases"
BEHIND = "amicable_cases_behind"
BEHIND_AGE = "amicable_cases_behind_oldest_seconds"
WITHOUT_TIMER = "amicable_cases_without_timer"
TASKS = "amicable_human_tasks_open"
TASKS_OVERDUE = "amicable_human_tasks_overdue"
SWITCHES = "amicable_kill_switches_set"
UNKNOWN = "amicable_touches_unknown"
WATCHED_AT = "amicable_watch_finished_timestamp_seconds"
READ_AT = "amicable_vitals_read_timestamp_seconds"
QUEUE_AGE = "amicable_queue_oldest_seconds"
INFO = "amicable_info"

INSTRUMENTS: Mapping[str, Instrument] = {
    VERDICTS: Instrument(
        kind="counter",
        about="What the gate answered: allow, defer or deny, and the rule that decided.",
        labels=("channel", "verdict", "rule"),
    ),
    ANSWERS: Instrument(
        kind="counter",
        about="How calls that hand a message over ended: accepted, refused, busy or unknown.",
        labels=("channel", "outcome"),
    ),
    PROVIDER_TIME: Instrument(
        kind="duration",
        about="How long a provider took to answer.",
        labels=("channel",),
        buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    ),
    COST: Instrument(
        kind="counter",
        about="What messages cost that were taken, in millionths of the currency.",
        labels=("channel", "currency"),
    ),
    SILENCE: Instrument(
        kind="duration",
        about="From the moment a payment was stored until its case took it in (heard) or ended (closed).",
        labels=("until",),
        buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200),
    ),
    RELAYED: Instrument(kind="counter", about="Facts that the relay told, or could not tell.", labels=("outcome",)),
    DOOR_ANSWERS: Instrument(kind="counter", about="What the web door answered.", labels=("route", "status")),
    DOOR_TIME: Instrument(
        kind="duration",
        about="How long the web door took to answer.",
        labels=("route",),
        buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
    ),
    UNTOLD: Instrument(kind="gauge", about="Facts that are stored and whose cases were not told."),
    UNTOLD_AGE: Instrument(kind="gauge", about="How long the oldest of them has waited."),
    PARKED: Instrument(kind="gauge", about="Facts about nobody we know."),
    OPEN_CASES: Instrument(kind="gauge", about="Open cases.", labels=("stage",)),
    BEHIND: Instrument(kind="gauge", about="Open cases whose next step was due more than five minutes ago."),
    BEHIND_AGE: Instrument(kind="gauge", about="How long the longest of these has been due."),
    WITHOUT_TIMER: Instrument(
        kind="gauge",
        about="Open cases that nobody looks after: a step that was due an hour ago (a contact: a day), and no task.",
    ),
    TASKS: Instrument(
        kind="gauge",
        about="Tasks that wait for a person, by how old they are: under a day, three, seven, or older.",
        labels=("kind", "age"),
    ),
    TASKS_OVERDUE: Instrument(kind="gauge", about="Tasks whose day has passed.", labels=("kind",)),
    SWITCHES: Instrument(kind="gauge", about="Kill switches that are set.", labels=("scope",)),
    UNKNOWN: Instrument(kind="gauge", about="Touches of which nobody knows whether they went out."),
    WATCHED_AT: Instrument(
        kind="gauge", about="When the watch last came to its end with every question answered; 0: never."
    ),
    READ_AT: Instrument(kind="gauge", about="When what comes from the case database was last read."),
    QUEUE_AGE: Instrument(
        kind="gauge",
        about="How long the oldest workflow or activity task of a queue has waited for a worker, by Temporal's server.",
        labels=("queue", "kind"),
    ),
    INFO: Instrument(kind="gauge", about="Always 1; the labels say what runs.", labels=("mode", "build")),
}


@dataclass(slots=True)
class _Process:
    """This process: Temporal's SDK serves one endpoint for each runtime, and we have one runtime."""

    runtime: "Runtime | None" = None
    made: dict[str, Any] = field(default_factory=dict)
    """The instruments; none while nobody reads numbers."""


_process = _Process()


def start(address: str | None) -> None:
    """Serve `http://address/metrics` from now on; None serves none, and asked again it changes nothing.

    In either case what the SDK's core logs goes into our log, which is one format and masked. Raises ConfigurationError
    when nobody can listen there.
    """
    if _process.runtime is not None:
        return
    from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

    forwarding = LogForwardingConfig(logger=logging.getLogger("temporalio.core"), append_target_to_name=False)
    core = LoggingConfig(TelemetryFilter(core_level="WARN", other_level="ERROR"), forwarding=forwarding)
    try:
        _process.runtime = Runtime(
            telemetry=TelemetryConfig(logging=core, metrics=_served_at(address), attach_service_name=False)
        )
    except ValueError as error:
        raise ConfigurationError(f"numbers cannot be served at {address}: {error}; name another address") from None
    if address is None:
        return
    meter = _process.runtime.metric_meter
    make = {"counter": meter.create_counter, "gauge": meter.create_gauge, "duration": meter.create_histogram_timedelta}
    _process.made = {name: make[each.kind](name, each.about) for name, each in INSTRUMENTS.items()}


def _served_at(address: str | None) -> "PrometheusConfig | None":
    if address is None:
        return None
    from temporalio.runtime import PrometheusConfig

    buckets = {name: each.buckets for name, each in INSTRUMENTS.items() if each.buckets}
    return PrometheusConfig(
        bind_address=address,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
        histogram_bucket_overrides=buckets,
    )


def runtime() -> "Runtime | None":
    """What a client is connected with, for Temporal's own numbers and log to be ours; None before `start`."""
    return _process.runtime


def is_on() -> bool:
    """Whether anybody reads numbers here; what only serves them need not be done otherwise."""
    return bool(_process.made)


def count(name: str, by: int = 1, **labels: str) -> None:
    """Add to a counter; 0 makes it known before anything happened."""
    if _process.made:
        _process.made[name].add(by, labels)


def put(name: str, value: int, **labels: str) -> None:
    """Let a gauge say this from now on."""
    if _process.made:
        _process.made[name].set(value, labels)


def lasted(name: str, duration: timedelta, **labels: str) -> None:
    """Add to a histogram; less than nothing, by clocks that differ, is nothing."""
    if _process.made:
        _process.made[name].record(max(duration, timedelta(0)), labels)
