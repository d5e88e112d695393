"""Run workflows and activities: `python worker.py`.

`create_worker` is the one factory; the demo, the tests and the bench use it as well. The connection to Temporal is
configured by Temporal's own environment (a local server, a cluster and Temporal Cloud differ in variables only).
"""

import asyncio
import compileall
import logging
import signal
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import tzdata
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import PollerBehaviorAutoscaling, Worker, WorkerDeploymentConfig

from activities.afterwards import Afterwards
from activities.answering import Answering
from activities.backlog import Backlog
from activities.cases import CaseActivities
from activities.channel import ChannelAdapter
from activities.contact import ContactPolicy, GovernedContact
from activities.counsel import Counsel
from activities.enrolment import EnrolmentActivities
from activities.escalating import OutsideActivities
from activities.escalation.outside_steps import Registry, create_steps, step_problems
from activities.kept_strategies import KeptStrategies, keep_strategies, pinned_strategies
from activities.lender import lender_of
from activities.observing import observed
from activities.orphans import OrphanActivities
from activities.planning import Planner
from activities.pulse import Pulse
from activities.queue_lag import QueueLags
from activities.registry import create_adapters
from activities.relay import Relay
from activities.steering import SteeringActivities
from activities.sweep import SweepActivities
from activities.telling import Teller
from activities.watching import Watch, all_invariants
from casedb.engine import open_engine
from casedb.migrate import require_current_schema
from config.answers import load_answers
from config.connection import connect, start_traces
from config.documents import refuse_all
from config.garbage import leave_out_what_is_loaded
from config.leaving import leave
from config.messages import MessageRenderer
from config.payloads import warm
from config.queues import provider_queue, provider_queues
from config.rules import Rules, load_rules
from config.settings import Settings, load_settings
from config.workflow_runner import runner_for
from domain.errors import AmicableError
from domain.vocabulary import Channel
from telemetry import logs, metrics, tracing
from telemetry.interceptor import Correlated
from workflows.campaign_messages import CAMPAIGN_PAYLOAD_TYPES
from workflows.messages import PAYLOAD_TYPES
from workflows.registry import WORKFLOWS
from workflows.sweep_messages import SWEEP_PAYLOAD_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """What activities are made of; a test or a bench may bring its own."""

    engine: Engine
    rules: Rules
    renderer: MessageRenderer
    adapters: Mapping[Channel, ChannelAdapter]
    steps: Registry = field(default_factory=dict)


def create_dependencies(settings: Settings) -> Dependencies:
    """Open the database, load the rules, prove the templates, and make the real adapters.

    Raises ConfigurationError with every problem found.
    """
    rules = load_rules(settings)
    return dependencies_by(settings, rules, MessageRenderer(settings.templates_dir, rules.template_names))


def dependencies_by(settings: Settings, rules: Rules, renderer: MessageRenderer) -> Dependencies:
    """The same by rules that were read before: reading and proving them costs a second.

    Raises ConfigurationError when the schema is not ours, or a strategy's steps cannot be taken here.
    """
    url = settings.database_url.get_secret_value()
    require_current_schema(url)
    engine = open_engine(
        url,
        suppression_salt=settings.suppression_salt.get_secret_value(),
        hold_rules=rules.holds,
    )
    pinned = pinned_strategies(engine, rules.strategies)
    steps = create_steps(settings)
    refuse_all(step_problems(rules.strategies | {each.reference: each for each in pinned.strategies}, steps))
    return Dependencies(
        engine=engine,
        rules=rules,
        renderer=pinned.renderer(settings.templates_dir, renderer),
        adapters=create_adapters(settings),
        steps=steps,
    )


def create_worker(
    client: Client, settings: Settings, dependencies: Dependencies, *, fail_workflows_on_error: bool = False
) -> Worker:
    """The worker of every workflow and activity; all that is needed where no provider has a rate of its own."""
    return create_workers(client, settings, dependencies, fail_workflows_on_error=fail_workflows_on_error)[0]


def create_workers(
    client: Client, settings: Settings, dependencies: Dependencies, *, fail_workflows_on_error: bool = False
) -> list[Worker]:
    """A worker of every workflow and activity, and one for each provider whose contacts wait on a queue of their own.

    Synchronous activities run in its thread pool. `fail_workflows_on_error` lets a test fail where production would
    stop the workflow task and wait for a mend.
    """
    dependencies = replace(dependencies, adapters=observed(dependencies.adapters, settings.prices()))
    warm((*PAYLOAD_TYPES, *SWEEP_PAYLOAD_TYPES, *CAMPAIGN_PAYLOAD_TYPES))
    compile_workflows()
    strategies, engine = dependencies.rules.strategies, dependencies.engine
    keep_strategies(engine, strategies.values(), datetime.now(UTC))
    planner = create_planner(settings, dependencies)
    counsel = create_counsel(dependencies, planner)
    of_case = CaseActivities(dependencies.engine, planner, counsel)
    to_law = OutsideActivities(engine=dependencies.engine, counsel=counsel, steps=dependencies.steps)
    backlog = Backlog(client, settings.task_queue, settings.max_backlog_seconds)
    enrolment = EnrolmentActivities(dependencies.engine, client, settings.task_queue, backlog)
    contact = create_contact(settings, dependencies, planner)
    steering = SteeringActivities(
        engine=dependencies.engine,
        client=client,
        task_queue=settings.task_queue,
        default_strategy=settings.default_strategy,
    )
    orphans = OrphanActivities(dependencies.engine, client, settings.task_queue)
    sweep = SweepActivities(
        engine=dependencies.engine,
        client=client,
        planner=planner,
        task_queue=settings.task_queue,
        backlog=backlog,
        default_strategy=settings.default_strategy,
        reports_dir=settings.reports_dir,
        reports_kept=settings.reports_kept,
    )
    answering = Answering(
        engine=dependencies.engine,
        profiles=dependencies.rules.profiles,
        adapters=dependencies.adapters,
        planner=planner,
        answers=load_answers(),
        lender=lender_of(settings),
        tzdata=tzdata.IANA_VERSION,
    )
    watch = Watch(
        engine=dependencies.engine,
        client=client,
        task_queue=settings.task_queue,
        invariants=all_invariants(dependencies.rules.profiles, tzdata.IANA_VERSION),
    )
    main = Worker(
        client,
        task_queue=settings.task_queue,
        workflows=WORKFLOWS,
        workflow_runner=runner_for(client.data_converter),
        activities=[
            of_case.open_case,
            of_case.plan,
            of_case.request_approval,
            of_case.escalate,
            of_case.close_case,
            to_law.take_step,
            to_law.undo_step,
            contact.contact,
            answering.answer_reply,
            enrolment.enrol_page,
            enrolment.finish_campaign,
            steering.change_campaign,
            steering.leave_out_rest,
            steering.withdraw_page,
            orphans.sweep_workflows,
            orphans.settle_orphans,
            sweep.sweep_accounts,
            sweep.report_overdue,
            watch.check_invariants,
        ],
        interceptors=[Correlated()],
        activity_executor=ThreadPoolExecutor(settings.max_concurrent_activities, thread_name_prefix="activity"),
        max_concurrent_activities=settings.max_concurrent_activities,
        max_concurrent_local_activities=settings.max_concurrent_activities,
        max_cached_workflows=settings.max_cached_workflows,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        graceful_shutdown_timeout=timedelta(seconds=settings.graceful_shutdown_seconds),
        deployment_config=_deployment(settings),
        workflow_failure_exception_types=[Exception] if fail_workflows_on_error else [],
    )
    rated = [_provider_worker(client, settings, contact, *each) for each in settings.rates().items()]
    return [main, *rated]


def _provider_worker(
    client: Client, settings: Settings, contact: GovernedContact, channel: Channel, rate: float
) -> Worker:
    """Contacts that go by one channel first, begun at its provider's rate; the server keeps it over all workers."""
    only = (contact.contact,)
    return Worker(
        client,
        task_queue=provider_queue(settings.task_queue, channel),
        activities=only,
        interceptors=[Correlated()],
        activity_executor=ThreadPoolExecutor(settings.max_concurrent_activities, thread_name_prefix=channel.value),
        max_concurrent_activities=settings.max_concurrent_activities,
        max_task_queue_activities_per_second=rate,
        # An activity that its own worker takes eagerly is counted by nobody.
        disable_eager_activity_execution=True,
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        graceful_shutdown_timeout=timedelta(seconds=settings.graceful_shutdown_seconds),
        deployment_config=_deployment(settings),
    )


def create_planner(settings: Settings, dependencies: Dependencies) -> Planner:
    """Decides by the strategies here and those that were kept, and says on which queue a contact waits."""
    return Planner(
        dependencies.rules.strategies,
        frozenset(dependencies.adapters),
        kept=KeptStrategies(dependencies.engine),
        queues=provider_queues(settings.task_queue, settings.rates()),
    )


def compile_workflows() -> None:
    """Keep the workflow files' bytecode on disk, whatever PYTHONDONTWRITEBYTECODE says.

    The sandbox imports them anew for every run; without bytecode each run compiles them again (measured: 6.3 ms
    instead of 2.8 ms). Where the directory cannot be written, runs are slower and nothing else is different.
    """
    compileall.compile_dir(Path(__file__).parent / "workflows", maxlevels=0, quiet=2)


def create_counsel(dependencies: Dependencies, planner: Planner) -> Counsel:
    """Who looks at the conditions of going to law."""
    return Counsel(
        planner=planner,
        profiles=dependencies.rules.profiles,
        authority=dependencies.rules.authority,
        tzdata=tzdata.IANA_VERSION,
    )


def create_pulse(client: Client, settings: Settings, dependencies: Dependencies) -> Pulse:
    """Who says the numbers of the house and of this worker's queues."""
    return Pulse(
        engine=dependencies.engine,
        every=timedelta(seconds=settings.metrics_every_seconds),
        queues=QueueLags(client=client, task_queue=settings.task_queue, rates=settings.rates()),
    )


def create_contact(settings: Settings, dependencies: Dependencies, planner: Planner) -> GovernedContact:
    """The governed contact with the settings' policy."""
    stale_hours = settings.ledger_stale_after_hours
    return GovernedContact(
        engine=dependencies.engine,
        planner=planner,
        profiles=dependencies.rules.profiles,
        adapters=dependencies.adapters,
        renderer=dependencies.renderer,
        lender=lender_of(settings),
        policy=ContactPolicy(
            tzdata=tzdata.IANA_VERSION,
            reconcile_after=timedelta(seconds=settings.reconcile_after_seconds),
            lookup_every=timedelta(seconds=max(1, settings.reconcile_after_seconds // 10)),
            ledger_stale_after=timedelta(hours=stale_hours) if stale_hours else None,
        ),
    )


def _deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    if not settings.versioning or settings.build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=settings.deployment_name, build_id=settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


async def run_worker(settings: Settings) -> None:
    """Run until a signal says stop; then let running activities finish within the grace period."""
    dependencies = create_dependencies(settings)
    if settings.mode == "live" and not settings.encrypts():
        logging.getLogger(__name__).warning(
            "Temporal stores ids and amounts as they are: AMICABLE_PAYLOAD_KEYS is plain"
        )
    client = await connect(settings)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)

    async def connected() -> Client:
        return client

    relay = Relay.of(settings, Teller.of(settings, dependencies.engine, connected))
    planner = create_planner(settings, dependencies)
    afterwards = Afterwards(engine=dependencies.engine, steps=dependencies.steps, planner=planner)
    async with AsyncExitStack() as working, asyncio.TaskGroup() as beside:
        workers = create_workers(client, settings, dependencies)
        leave_out_what_is_loaded()
        for worker in workers:
            await working.enter_async_context(worker)
        beside.create_task(relay.run(stopping))
        if metrics.is_on():
            metrics.put(metrics.INFO, 1, mode=settings.mode, build=settings.build_id or "")
            pulse = create_pulse(client, settings, dependencies)
            beside.create_task(pulse.run(stopping))
        beside.create_task(afterwards.run(stopping))
        logging.getLogger(__name__).info("worker is polling %s in %s mode", settings.task_queue, settings.mode)
        await stopping.wait()
    dependencies.engine.dispose()


def main() -> int:
    """Run from the command line: 0 after a clean stop, 2 with one line when something is not configured."""
    try:
        settings = load_settings()
        logs.configure(settings.log_format)
        start_traces(settings, "worker")
        metrics.start(settings.metrics_address)
        asyncio.run(run_worker(settings))
    except AmicableError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        tracing.stop()
    return 0


if __name__ == "__main__":
    leave(main())
