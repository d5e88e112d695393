"""The web application: `python -m web`. Doors are open for what is switched on."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from sqlalchemy import Engine
from temporalio.client import Client

from activities.clock import wall_clock
from activities.composing import Composer
from activities.kept_strategies import KeptStrategies, pinned_strategies
from activities.lender import lender_of
from activities.planning import Planner
from activities.push import receipt_secrets_of
from activities.spoken import Speaker
from activities.telling import Teller
from activities.voice import CHANNEL, VoiceSettings
from casedb.engine import open_engine
from casedb.inbox import stored_fact
from casedb.migrate import require_current_schema
from config.connection import connect
from config.messages import MessageRenderer
from config.replies import load_replies
from config.rules import Rules, load_rules
from config.sections import read_section
from config.settings import Settings
from telemetry import metrics, tracing
from web.answers import add_answers, documented
from web.ledger import LedgerDoor
from web.observing import Observed
from web.partners import Partners
from web.payments import PaymentDoor
from web.push_receipts import PushDoor
from web.receipts import ReceiptDoor
from web.replies import ReplyDoor
from web.sendgrid_events import SendGridEvents
from web.stripe_events import StripeSignature
from web.telling import Tell
from web.twilio_forms import TwilioForms
from web.voice import VoiceDoor

API_VERSION = "1"
ABOUT = (
    "What the world tells a collector: payments, delinquencies, receipts and replies. A fact is answered with 2xx once "
    "it is stored with its effect, and the same fact again is answered as the first time."
)
NONE_OF_ITS_OWN: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""Its spans hold whole paths, and go on in a sender's trace with baggage that would end in histories."""


def create_app(settings: Settings) -> FastAPI:
    """The application as the settings describe it. Raises ConfigurationError with every problem found."""
    rules = load_rules(settings)
    renderer = MessageRenderer(settings.templates_dir, rules.template_names)
    url = settings.database_url.get_secret_value()
    require_current_schema(url)
    engine = open_engine(
        url,
        suppression_salt=settings.suppression_salt.get_secret_value(),
        hold_rules=rules.holds,
    )
    renderer = pinned_strategies(engine, rules.strategies).renderer(settings.templates_dir, renderer)
    return assemble(settings, engine, rules, renderer, partial(connect, settings))


def assemble(
    settings: Settings,
    engine: Engine,
    rules: Rules,
    renderer: MessageRenderer,
    connecting: Callable[[], Awaitable[Client]],
    *,
    now: Callable[[], datetime] = wall_clock,
    tell: Tell | None = None,
) -> FastAPI:
    """The application around parts that are there already, as tests and rehearsals have them.

    `now` dates what comes undated; `tell` stands in for who brings facts to cases.
    """
    # A page of documentation would load scripts from elsewhere; the description by itself is read by every tool.
    app = FastAPI(
        title="Amicable",
        version=API_VERSION,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        telemetry=NONE_OF_ITS_OWN,
    )
    add_answers(app)
    if tracing.is_on() or metrics.is_on():
        app.add_middleware(Observed)
    app.add_api_route("/health", health, methods=["GET"], tags=["Operations"])
    app.add_api_route("/ready", ready(engine), methods=["GET"], tags=["Operations"], responses=documented(503))
    tell = tell or Teller.of(settings, engine, connecting, now).tell
    app.include_router(_receipts(settings, engine, tell, now).router())
    app.include_router(_replies(settings, engine, tell, now).router())
    if partners := settings.partners():
        ledger = LedgerDoor(engine=engine, partners=Partners(partners), tell=tell, now=now)
        app.include_router(ledger.router())
    if secrets := settings.stripe_secrets():
        live = settings.mode == "live"
        payments = PaymentDoor(engine=engine, signature=StripeSignature(secrets), tell=tell, live=live)
        app.include_router(payments.router())
    if secrets := receipt_secrets_of(settings):
        app.include_router(PushDoor(engine=engine, secrets=secrets, tell=tell, now=now).router())
    voice = read_section(settings, CHANNEL, VoiceSettings)
    if voice is not None and voice.web_url is not None:
        composer = Composer(renderer=renderer, lender=lender_of(settings))
        planner = Planner(rules.strategies, frozenset({CHANNEL}), kept=KeptStrategies(engine))
        door = VoiceDoor(
            engine=engine,
            speaker=Speaker(engine=engine, planner=planner, composer=composer),
            forms=TwilioForms(voice.web_url, settings.twilio_tokens()),
            help_phone=settings.help_phone,
            tell=tell,
        )
        app.include_router(door.router())
    return app


def _receipts(settings: Settings, engine: Engine, tell: Tell, now: Callable[[], datetime]) -> ReceiptDoor:
    """The door for receipts, open to whom the settings name."""
    web_url, keys = settings.web_url, settings.sendgrid_keys()
    return ReceiptDoor(
        engine=engine,
        forms=TwilioForms(web_url, settings.twilio_tokens()) if web_url is not None else None,
        events=SendGridEvents(*keys) if keys else None,
        tell=tell,
        now=now,
    )


def _replies(settings: Settings, engine: Engine, tell: Tell, now: Callable[[], datetime]) -> ReplyDoor:
    """The door for what people write back, open to the carriers that the settings name."""
    web_url = settings.web_url
    return ReplyDoor(
        engine=engine,
        rules=load_replies(),
        forms=TwilioForms(web_url, settings.twilio_tokens()) if web_url is not None else None,
        mail_tokens=settings.mail_tokens(),
        tell=tell,
        now=now,
    )


def ready(engine: Engine) -> Callable[[], dict[str, str]]:
    """Whether the case database answers; 503 while it does not."""

    def database() -> dict[str, str]:
        """Whether the case database answers."""
        stored_fact(engine, "")
        return {"status": "ready"}

    return database


def health() -> dict[str, str]:
    """Whether the application answers."""
    return {"status": "ok"}
