"""What each process of a rehearsal is started with, and how we know that it is well."""

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from config.development_server import PROMPT
from config.payloads import DATA_CONVERTER
from config.settings import (
    ENV_PREFIX,
    SANDBOX_SENDGRID_API_KEY,
    SANDBOX_TWILIO_ACCOUNT_SID,
    SANDBOX_TWILIO_AUTH_TOKEN,
)
from rehearsal.processes import SCRIPTS, Command, Household, free_port
from rehearsal.world import World
from workflows.search_attributes import SEARCH_ATTRIBUTE_KEYS

PROJECT = Path(__file__).resolve().parent.parent
NAMESPACE = "default"
TASK_QUEUE = "amicable"
ACTIVITY_THREADS = 20
WORKER_GRACE_SECONDS = 3
PREFERRED_TEMPORAL_PORT, PREFERRED_UI_PORT, PREFERRED_SANDBOX_PORT = 7233, 8233, 8025
PREFERRED_WEB_PORT = 8080


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where everything of one rehearsal is."""

    directory: Path
    temporal_port: int
    ui_port: int
    sandbox_port: int
    web_port: int

    @classmethod
    def choose(cls, directory: Path) -> "Places":
        """The usual ports where they are free."""
        return cls(
            directory=directory,
            temporal_port=free_port(PREFERRED_TEMPORAL_PORT),
            ui_port=free_port(PREFERRED_UI_PORT),
            sandbox_port=free_port(PREFERRED_SANDBOX_PORT),
            web_port=free_port(PREFERRED_WEB_PORT),
        )

    @property
    def temporal(self) -> str:
        """Address of the Temporal frontend."""
        return f"127.0.0.1:{self.temporal_port}"

    @property
    def ui(self) -> str:
        """Address of the Temporal UI."""
        return f"http://localhost:{self.ui_port}"

    @property
    def sandbox(self) -> str:
        """Address of the sandbox."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def web(self) -> str:
        """Address of our web door."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def database_url(self) -> str:
        """The case database."""
        return f"sqlite:///{self.directory / 'cases.db'}"

    @property
    def strategies(self) -> Path:
        """The strategies of this rehearsal: ours, and the examples that take steps to the outside world."""
        return self.directory / "strategies"

    @property
    def letters(self) -> Path:
        """Where letters before action are put."""
        return self.directory / "letters"

    @property
    def court_packs(self) -> Path:
        """Where packs for a court are put."""
        return self.directory / "court-packs"

    @property
    def agencies(self) -> Path:
        """Where files to agencies are put, each in a folder of its agency."""
        return self.directory / "agencies"

    @property
    def bureaus(self) -> Path:
        """Where files to the credit bureaus are put."""
        return self.directory / "bureaus"

    def log(self, name: str) -> Path:
        """Where a process writes."""
        return self.directory / "logs" / f"{name}.log"


async def start_temporal(household: Household, places: Places) -> Client:
    """Start the development server; its data lives in the rehearsal's directory."""
    argv = [
        *(str(SCRIPTS / "temporal"), "server", "start-dev", "--ip", "127.0.0.1", "--log-level", "warn"),
        *("--port", str(places.temporal_port), "--ui-port", str(places.ui_port)),
        *("--db-filename", str(places.directory / "temporal.db")),
        *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
        *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
        *PROMPT,
    ]
    for key in SEARCH_ATTRIBUTE_KEYS:
        argv += ["--search-attribute", f"{key.name}=Keyword"]
    command = Command(
        name="Temporal server", argv=argv, log=places.log("temporal"), env=_clean_env(), cwd=places.directory
    )
    found: list[Client] = []

    async def healthy() -> bool:
        try:
            client = await Client.connect(places.temporal, namespace=NAMESPACE, data_converter=DATA_CONVERTER)
            await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=NAMESPACE))
        except (RuntimeError, RPCError):
            return False
        found.append(client)
        return True

    await household.start(command, healthy)
    return found[0]


async def start_sandbox(household: Household, places: Places, world: World) -> None:
    """Start the world outside."""
    command = Command(
        name="sandbox",
        argv=[sys.executable, "-m", "sandbox", "--port", str(places.sandbox_port)],
        log=places.log("sandbox"),
        env=_clean_env(),
        cwd=PROJECT,
    )
    await household.start(command, world.healthy)


async def start_worker(household: Household, places: Places, client: Client) -> None:
    """Start `worker.py` as anybody would, and wait until it polls."""
    command = Command(
        name="worker",
        argv=[sys.executable, str(PROJECT / "worker.py")],
        log=places.log("worker"),
        env=_worker_env(places),
        cwd=places.directory,  # where no .env of a live worker lies
    )
    request = DescribeTaskQueueRequest(
        namespace=NAMESPACE,
        task_queue=TaskQueue(name=TASK_QUEUE),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    )

    async def healthy() -> bool:
        return bool((await client.workflow_service.describe_task_queue(request)).pollers)

    await household.start(command, healthy)


def write_env(places: Places) -> None:
    """A file for the shell, so that `starter.py` finds this rehearsal's servers and database."""
    clean = _clean_env()
    told = {name: value for name, value in _worker_env(places).items() if clean.get(name) != value}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(told.items())]
    (places.directory / "env").write_text("\n".join([*lines, ""]))


def _clean_env() -> dict[str, str]:
    """Our environment without what configures another worker or server."""
    ours = (ENV_PREFIX, "TEMPORAL_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }


def product_settings(places: Places) -> dict[str, str]:
    """How the product is set up in this rehearsal, by the names of its settings."""
    return {
        "mode": "sandbox",
        "database_url": places.database_url,
        "task_queue": TASK_QUEUE,
        "twilio_base_url": places.sandbox,
        "sendgrid_base_url": places.sandbox,
        "web_url": places.web,
        "push_url": places.sandbox,
        "twilio_account_sid": SANDBOX_TWILIO_ACCOUNT_SID,
        "twilio_auth_token": SANDBOX_TWILIO_AUTH_TOKEN,
        "sendgrid_api_key": SANDBOX_SENDGRID_API_KEY,
        "max_concurrent_activities": str(ACTIVITY_THREADS),
        "graceful_shutdown_seconds": str(WORKER_GRACE_SECONDS),
        "strategies_dir": str(places.strategies),
        "letter_outbox_dir": str(places.letters),
        "court_packs_dir": str(places.court_packs),
        "postal_address": "1 Example Plaza; Springfield IL 62701",
    }


def _worker_env(places: Places) -> dict[str, str]:
    profile = places.directory / "temporal.toml"
    profile.touch()
    settings = product_settings(places)
    return _clean_env() | {
        **{f"{ENV_PREFIX}{name.upper()}": value for name, value in settings.items()},
        "TEMPORAL_ADDRESS": places.temporal,
        "TEMPORAL_NAMESPACE": NAMESPACE,
        "TEMPORAL_CONFIG_FILE": str(profile),
    }
