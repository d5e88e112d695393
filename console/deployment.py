"""`deployment`: which build of the workers gets the work, and moving it to a new build by and by.

Cases are AUTO_UPGRADE: whatever the server hands out next goes to the build that is current then, also for a case that
began under another one (docs/decisions, on worker versions). So nothing has to stay up for a case that sleeps.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from console.output import say, screen, table, wall_time, write_json
from console.session import console_settings, temporal
from domain.errors import ConfigurationError, InvalidInput, NotKnown

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One version of the workers, as the server knows it."""

    build_id: str
    status: str
    """current, ramping, draining, drained, inactive or created."""
    share: float
    """Percent of the work that goes to it."""
    since: datetime | None
    running: int
    """Workflows whose latest task it did."""


def show_builds(*, as_json: bool) -> int:
    """Every build that polled, with its share of the work."""
    name, builds = _run(_builds)
    if as_json:
        write_json({"deployment": name, "builds": builds})
        return 0
    columns = ("build", "status", "share", "since (UTC)", "running")
    rows = [
        (each.build_id, each.status, f"{each.share:g} %", wall_time(each.since), f"{each.running:,}") for each in builds
    ]
    screen().print(table(f"Deployment {name}", columns, rows, right=("share", "running")))
    if not any(each.status == "current" for each in builds):
        say("no build is current, so versioned workers get no work: python starter.py deployment promote BUILD")
    return 0


def ramp(build_id: str, percent: float, *, as_json: bool) -> int:
    """Give a build its share; the others keep theirs. 0 takes it back."""

    async def ask(client: Client, name: str) -> tuple[str, list[Build]]:
        await _known(client, name, build_id)
        await client.workflow_service.set_worker_deployment_ramping_version(
            SetWorkerDeploymentRampingVersionRequest(
                namespace=client.namespace,
                deployment_name=name,
                build_id=build_id if percent > 0 else "",
                percentage=percent,
                identity=client.identity,
            )
        )
        return await _builds(client, name)

    name, builds = _run(ask)
    if as_json:
        write_json({"deployment": name, "builds": builds})
    elif percent > 0:
        say(f"build {build_id} gets {percent:g} % of the workflows of {name}: deployment show counts them")
    else:
        say(f"build {build_id} gets no work of {name} any more but by being promoted")
    return 0


def promote(build_id: str, *, as_json: bool) -> int:
    """Make a build the current one: every task from now on is its own, also of cases that began under another."""

    async def ask(client: Client, name: str) -> tuple[str, list[Build]]:
        await _known(client, name, build_id)
        await client.workflow_service.set_worker_deployment_current_version(
            SetWorkerDeploymentCurrentVersionRequest(
                namespace=client.namespace, deployment_name=name, build_id=build_id, identity=client.identity
            )
        )
        return await _builds(client, name)

    name, builds = _run(ask)
    if as_json:
        write_json({"deployment": name, "builds": builds})
    else:
        say(f"build {build_id} is current: it gets every task of {name} from now on")
        say("workers of other builds may stop once their running activities are done")
    return 0


async def _builds(client: Client, name: str) -> tuple[str, list[Build]]:
    described = await client.workflow_service.describe_worker_deployment(
        DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=name)
    )
    info = described.worker_deployment_info
    routing, builds = info.routing_config, []
    for each in info.version_summaries:
        build_id = each.deployment_version.build_id
        ramping = routing.ramping_deployment_version.build_id == build_id
        current = routing.current_deployment_version.build_id == build_id
        ramped = routing.ramping_version_percentage if routing.ramping_deployment_version.build_id else 0.0
        status = WorkerDeploymentVersionStatus.Name(each.status).rpartition("STATUS_")[2].lower()
        share = ramped if ramping else 100.0 - ramped if current else 0.0
        builds.append(
            Build(
                build_id=build_id,
                status=status,
                share=share,
                since=each.create_time.ToDatetime(tzinfo=UTC),
                running=await _running(client, name, build_id),
            )
        )
    return name, sorted(builds, key=lambda build: build.since or datetime.min.replace(tzinfo=UTC), reverse=True)


async def _running(client: Client, name: str, build_id: str) -> int:
    query = f"TemporalWorkerDeploymentVersion = '{name}:{build_id}' AND ExecutionStatus = 'Running'"
    return (await client.count_workflows(query)).count


async def _known(client: Client, name: str, build_id: str) -> None:
    _, builds = await _builds(client, name)
    if build_id not in {each.build_id for each in builds}:
        listed = ", ".join(each.build_id for each in builds)
        raise InvalidInput(f"no worker of build {build_id!r} of {name} ever polled: known are {listed}")


def _run(call: Callable[[Client, str], Awaitable[T]]) -> T:
    settings = console_settings()
    name = settings.deployment_name

    async def ask() -> T:
        client = await temporal(settings)
        try:
            return await call(client, name)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise NotKnown(
                    f"no versioned worker of deployment {name} ever polled: start one with AMICABLE_VERSIONING=true "
                    "and its AMICABLE_BUILD_ID"
                ) from None
            raise ConfigurationError(f"deployment {name}: Temporal refused: {error.message}") from None

    return asyncio.run(ask())
