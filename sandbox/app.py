"""One web application that plays every provider and every borrower."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import Depends, FastAPI

from sandbox.borrowers import Roster
from sandbox.control_api import Controls
from sandbox.credentials import SandboxCredentials
from sandbox.faults import FaultScript, FaultyLine
from sandbox.inbox_page import InboxPage
from sandbox.letter_box import LetterBox
from sandbox.network import Network
from sandbox.pen import Pen
from sandbox.postman import Postman
from sandbox.sendgrid_api import SendGridApi
from sandbox.twilio_api import TwilioApi
from sandbox.twilio_calls import TwilioCallsApi
from sandbox.wallet_api import WalletApi


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """How a sandbox starts; `sendgrid_event_url` can be changed while it runs."""

    credentials: SandboxCredentials = field(default_factory=SandboxCredentials)
    sendgrid_event_url: str | None = None
    has_email_activity: bool = True
    """SendGrid sells Email Activity separately; without it, lookups answer 403."""
    letter_outbox: Path | None = None
    """The folder from which the post takes letters."""
    webhook_pause_seconds: float = 0.2
    """Before a webhook that was not taken is posted again; doubled each time."""


def create_app(
    config: SandboxConfig | None = None,
    *,
    network: Network | None = None,
    roster: Roster | None = None,
) -> FastAPI:
    """Assemble a sandbox with a record of its own, or around a given one."""
    config = config or SandboxConfig()
    network = network or Network()
    roster = roster or Roster(network)
    postman = Postman(pause_seconds=config.webhook_pause_seconds)
    faults = FaultScript()
    twilio = TwilioApi(network, postman, config.credentials)
    sendgrid = SendGridApi(
        network,
        postman,
        config.credentials,
        event_url=config.sendgrid_event_url,
        has_email_activity=config.has_email_activity,
    )
    wallet = WalletApi(network, postman, config.credentials)
    controls = Controls(
        network=network,
        roster=roster,
        faults=faults,
        postman=postman,
        sendgrid=sendgrid,
        wallet=wallet,
        pen=Pen(network, roster, config.credentials),
        credentials=config.credentials,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        postman.start()
        yield
        postman.stop()

    app = FastAPI(title="Amicable sandbox", lifespan=lifespan)
    app.include_router(twilio.router(), tags=["Twilio"])
    app.include_router(TwilioCallsApi(network, postman, config.credentials).router(), tags=["Twilio"])
    app.include_router(sendgrid.router(), tags=["SendGrid"])
    app.include_router(wallet.router(), tags=["Wallet"])
    post_has_come = [Depends(LetterBox(network, config.letter_outbox).collect)]
    app.include_router(controls.router(), tags=["Controls"], dependencies=post_has_come)
    app.include_router(InboxPage(network, roster).router(), tags=["Inbox"], dependencies=post_has_come)
    app.add_middleware(FaultyLine, script=faults)
    return app
