"""Settings of one process, from `AMICABLE_*` variables and `.env`: read once, frozen, passed in.

Two modes that cannot be mixed. In `sandbox` every provider address must be this very machine and every credential
the sandbox's public one, so that a rehearsal cannot reach a real provider. In `live` the same values are refused,
and so are the demo's texts, so that no real borrower reads an invented telephone number. Temporal's own connection
is configured by Temporal's own variables (`TEMPORAL_*` or a TOML profile); see `config.connection`.
"""

import difflib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from pydantic import Field, PrivateAttr, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsConfigDict

from config.addresses import live_address_problem, sandbox_address_problem
from config.fields import reason_of
from config.keys import KeySettings
from config.partners import SANDBOX_PARTNER_SECRETS, SANDBOX_STRIPE_SECRETS, read_partners, read_stripe_secrets
from config.queues import QueueSettings
from config.telemetry import TelemetrySettings
from domain.compliance.vocabulary import Role
from domain.errors import ConfigurationError
from domain.vocabulary import Channel

ENV_PREFIX = "AMICABLE_"
ENV_FILE = Path(".env")

# Public on purpose: they open only the sandbox, and live mode refuses them.
SANDBOX_TWILIO_ACCOUNT_SID = "ACsandbox" + "0" * 25
SANDBOX_TWILIO_AUTH_TOKEN = "sandbox-token"  # noqa: S105
SANDBOX_SENDGRID_API_KEY = "SG.sandbox-key"
SANDBOX_SUPPRESSION_SALT = "sandbox-suppression-salt"
SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7+E9MyJl/+/hHVK7ugTpx1uslNpNZZ2rLe14IggX/6IPDr1dIdDcziAodi0aQZ+I7ZAGkbApis0F"
    "/9DR5hVORw=="
)

RECONCILE_AFTER_SECONDS = {"sandbox": 0, "live": 900}

SHORTEST_TOKEN = 24
_URL_SAFE = re.compile(r"[A-Za-z0-9_-]+")
NOT_THE_SANDBOXS = "sandbox mode takes only the sandbox's own value: leave it empty, or set mode to live"
NOT_ONES_OWN = "live mode needs your own; it is missing or the sandbox's"

_HERE = Path(__file__).parent
_SANDBOX_CREDENTIALS = {
    "twilio_account_sid": SANDBOX_TWILIO_ACCOUNT_SID,
    "twilio_auth_token": SANDBOX_TWILIO_AUTH_TOKEN,
    "sendgrid_api_key": SANDBOX_SENDGRID_API_KEY,
    "suppression_salt": SANDBOX_SUPPRESSION_SALT,
}
_BASE_URLS = ("twilio_base_url", "sendgrid_base_url")
_OWN_TEXTS = ("sendgrid_from_email", "creditor_name", "pay_url", "help_phone", "help_email", "roles_file")

Seconds = Annotated[float, Field(gt=0, le=600)]
Count = Annotated[int, Field(ge=1, le=10_000)]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]+$")]


@dataclass(frozen=True, slots=True)
class ChannelVariable:
    """A variable that begins with a channel's name: the channel's own adapter knows what it means."""

    channel: Channel
    name: str
    """Without the channel."""
    value: SecretStr
    from_environment: bool
    """The environment is not ours alone: an unknown name there is somebody else's."""


class Settings(KeySettings, TelemetrySettings, QueueSettings):
    """Everything a process is told from outside; the description of a field is its line in `.env.example`."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    _of_channels: tuple[ChannelVariable, ...] = PrivateAttr(())

    mode: Literal["sandbox", "live"] = Field("sandbox", description="sandbox (nobody real is reached) or live.")
    database_url: SecretStr = Field(
        SecretStr("sqlite:///.amicable/cases.db"),
        description="The case database: sqlite:///path or postgresql+psycopg://user:password@host/database.",
    )
    suppression_salt: SecretStr = Field(
        SecretStr(SANDBOX_SUPPRESSION_SALT),
        description="Salt of the hashes by which refused addresses outlive an erasure; changed, they are forgotten.",
    )
    task_queue: Line = Field("amicable", description="The Temporal task queue of workflows and activities.")
    connect_timeout_seconds: Seconds = Field(5, description="How long to wait for the Temporal server at start.")
    compress: bool = Field(
        False, description="true: gzip to Temporal and back, fewer bytes for a few percent more CPU on both sides."
    )

    twilio_account_sid: Line = Field(SANDBOX_TWILIO_ACCOUNT_SID, description="Twilio account, AC and 32 digits.")
    twilio_auth_token: SecretStr = Field(SecretStr(SANDBOX_TWILIO_AUTH_TOKEN), description="Twilio's secret token.")
    twilio_other_auth_token: SecretStr | None = Field(
        None, description="Twilio's other token, which signs as well while the first is being changed; empty for none."
    )
    twilio_from_number: Line = Field(
        "+15005550006", description="Sender of SMS when no messaging service is named, as +15005550006."
    )
    twilio_messaging_service_sid: Line | None = Field(
        None, description="Twilio messaging service that picks the sender of SMS; empty for none."
    )
    twilio_base_url: Line | None = Field(
        None, description="Where Twilio's API is: the sandbox's address, or empty in live mode for Twilio itself."
    )

    sendgrid_api_key: SecretStr = Field(SecretStr(SANDBOX_SENDGRID_API_KEY), description="SendGrid's secret key.")
    sendgrid_from_email: Line = Field(
        "collections@wallet.example", description="Sender of e-mail, verified at SendGrid."
    )
    sendgrid_from_name: Line = Field("Example Wallet", description="The name that stands beside the sender.")
    sendgrid_base_url: Line | None = Field(
        None, description="Where SendGrid's API is: the sandbox's address, or empty in live mode for SendGrid itself."
    )

    web_url: Line | None = Field(
        None, description="Where Twilio reaches our web door to report what became of messages; empty: it reports none."
    )
    sendgrid_webhook_public_key: Annotated[str, Field(max_length=1_000)] | None = Field(
        None, description="SendGrid's verification key, or two by a comma while it changes; empty: no events are taken."
    )

    reply_mail_tokens: SecretStr | None = Field(
        None,
        description="Secrets of 24 signs or more, by commas, that end the address of SendGrid's inbound parse; "
        "empty: no mails are taken.",
    )

    ledger_partners: SecretStr | None = Field(
        None,
        description="Who may post ledger events and delinquencies: ledger=whsec_...,whsec_...; empty: nobody.",
    )
    stripe_webhook_secrets: SecretStr | None = Field(
        None, description="Secrets of Stripe's webhook endpoint, whsec_...,whsec_...; empty: its events are not taken."
    )

    provider_timeout_seconds: Seconds = Field(10, description="How long one call to a provider may take.")
    reconcile_after_seconds: Annotated[int, Field(ge=0, le=86_400)] = Field(
        default_factory=lambda data: RECONCILE_AFTER_SECONDS[data.get("mode", "live")],
        description="How long a lost answer is looked up before a person is asked; 0 in sandbox, 900 in live mode.",
    )
    ledger_stale_after_hours: Annotated[int, Field(ge=0, le=8_760)] = Field(
        0, description="No contact when the account's ledger is older than this many hours; 0 never looks."
    )

    graceful_shutdown_seconds: Annotated[int, Field(ge=0, le=3_600)] = Field(
        30, description="How long a stopping worker lets its activities finish."
    )
    relay_every_seconds: Seconds = Field(2, description="How often a worker looks for facts whose cases were not told.")
    relay_after_seconds: Seconds = Field(5, description="How long the door itself has to tell a case of a fact.")
    relay_batch: Count = Field(100, description="How many such facts a worker tells at a time.")
    versioning: bool = Field(False, description="Whether Temporal routes work by worker deployment version.")
    deployment_name: Line = Field("amicable", description="Name of the worker deployment.")
    build_id: Line | None = Field(None, description="Version of this build, such as a commit; needed for versioning.")

    default_strategy: Line = Field(
        "wallet-standard",
        description="The strategy of cases that start themselves, on accounts that no campaign enrolled.",
    )
    reports_dir: Path = Field(
        Path(".amicable/reports"), description="Directory of the overdue reports that the sweep writes."
    )
    reports_kept: Count = Field(60, description="How many overdue reports are kept, the newest ones.")
    court_packs_dir: Path | None = Field(None, description="Folder of packs for a court; empty: none are made.")
    strategies_dir: Path = Field(_HERE / "strategies", description="Directory of the strategies; empty for ours.")
    jurisdictions_dir: Path = Field(_HERE / "jurisdictions", description="Directory of the laws; empty for ours.")
    holds_dir: Path = Field(_HERE / "holds", description="Directory of the duties of holds; empty for ours.")
    templates_dir: Path = Field(_HERE / "templates", description="Directory of the messages; empty for ours.")
    roles_file: Path = Field(
        _HERE / "roles.yaml",
        description="Who may decide what; empty for the demo's people, in live mode your own file.",
    )
    agencies_file: Path = Field(
        _HERE / "agencies.yaml", description="Agencies and their terms; empty for invented ones, in live mode for none."
    )
    furnishing_file: Path = Field(
        _HERE / "furnishing.yaml", description="How bureaus are told; empty for the demo's way, in live mode for none."
    )

    creditor_name: Line = Field("Example Wallet", description="Who is owed, by the name that borrowers know.")
    pay_url: Line = Field("https://pay.wallet.example", description="Where to pay; stands in every message.")
    help_phone: Line = Field("+1 202-555-0100", description="Where a person answers; stands in every message.")
    help_email: Line = Field("help@wallet.example", description="Where a person reads; stands in every e-mail.")
    postal_address: Line | None = Field(
        None, description="Your address at the head of letters, its lines parted by ; such as 1 Main St; Springfield."
    )
    role: Role = Field(
        Role.CREDITOR, description="As what you collect: creditor, third_party, outsourced, assignee, credit_purchaser."
    )
    agency_name: Line | None = Field(
        None, description="Your name when you collect for the creditor or bought the claim; empty for a creditor."
    )
    collector_id: Line | None = Field(
        None, description="Staff number of the person responsible, where the law asks for one; empty for none."
    )

    def told_of(self, channel: Channel, known: Collection[str]) -> dict[str, str]:
        """What the variables of a channel say, by field; names from the environment only if they are `known`."""
        return {
            each.name: each.value.get_secret_value()
            for each in self._of_channels
            if each.channel is channel and (each.name in known or not each.from_environment)
        }

    @model_validator(mode="after")
    def _refuse_misuse(self) -> Self:
        problems = [f"{variable(name)}: {reason}" for name, reason in self._misuse()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _misuse(self) -> Iterator[tuple[str, str]]:
        """Fields whose value does not fit the mode, with the reason; never with the value."""
        yield from self._live_misuse() if self.mode == "live" else self._sandbox_misuse()
        yield from self._receipts_misuse()
        yield from self._partners_misuse()
        yield from self.telemetry_misuse(self.mode == "live")
        yield from self.keys_misuse(self.mode == "live")
        yield from self.queue_misuse()
        if self.versioning and self.build_id is None:
            yield "build_id", "versioning needs the version of this build"

    def _sandbox_misuse(self) -> Iterator[tuple[str, str]]:
        for name in _BASE_URLS:
            url = getattr(self, name)
            problem = (
                sandbox_address_problem(url) if url else "sandbox mode needs the sandbox's address on this machine"
            )
            if problem:
                yield name, problem
        for name, expected in _SANDBOX_CREDENTIALS.items():
            if self._revealed(name) != expected:
                yield name, NOT_THE_SANDBOXS

    def _live_misuse(self) -> Iterator[tuple[str, str]]:
        for name in (*_BASE_URLS, "pay_url"):
            url = getattr(self, name)
            problem = live_address_problem(url) if url is not None else None
            if problem:
                yield name, problem
        for name in _SANDBOX_CREDENTIALS:
            value = self._revealed(name)
            if not value or "sandbox" in value.lower():
                yield name, NOT_ONES_OWN
        if self.twilio_messaging_service_sid is None and self._is_default("twilio_from_number"):
            yield "twilio_from_number", "live mode needs a sender: this or a messaging service"
        for name in _OWN_TEXTS:
            if self._is_default(name):
                yield name, "live mode needs your own; it is missing or the demo's"

    def _receipts_misuse(self) -> Iterator[tuple[str, str]]:
        """Of the door for receipts, which may stay closed in either mode."""
        live = self.mode == "live"
        address_problem = live_address_problem if live else sandbox_address_problem
        if self.web_url is not None and (problem := address_problem(self.web_url)):
            yield "web_url", problem
        if any((token == SANDBOX_TWILIO_AUTH_TOKEN) is live for token in self.twilio_tokens()[1:]):
            yield "twilio_other_auth_token", NOT_ONES_OWN if live else NOT_THE_SANDBOXS
        if any((key == SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY) is live for key in self.sendgrid_keys()):
            yield "sendgrid_webhook_public_key", NOT_ONES_OWN if live else NOT_THE_SANDBOXS

        if any(len(token) < SHORTEST_TOKEN or not _URL_SAFE.fullmatch(token) for token in self.mail_tokens()):
            yield "reply_mail_tokens", f"must be secrets of {SHORTEST_TOKEN} letters, digits, - or _, by commas"

    def mail_tokens(self) -> tuple[str, ...]:
        """Every token by which SendGrid's inbound parse may post mails."""
        told = self.reply_mail_tokens.get_secret_value() if self.reply_mail_tokens is not None else ""
        return tuple(token for each in told.split(",") if (token := each.strip()))

    def _partners_misuse(self) -> Iterator[tuple[str, str]]:
        """Of the doors for the ledger and for payments, which may stay closed in either mode."""
        told: tuple[tuple[str, Callable[[], Iterable[str]], Collection[str]], ...] = (
            ("ledger_partners", lambda: chain(*self.partners().values()), SANDBOX_PARTNER_SECRETS),
            ("stripe_webhook_secrets", self.stripe_secrets, SANDBOX_STRIPE_SECRETS),
        )
        live = self.mode == "live"
        for name, read, of_the_sandbox in told:
            try:
                misused = any((secret in of_the_sandbox) is live for secret in read())
            except ValueError as error:
                yield name, str(error)
                continue
            if misused:
                yield name, NOT_ONES_OWN if live else NOT_THE_SANDBOXS

    def twilio_tokens(self) -> tuple[str, ...]:
        """Every token that Twilio may sign with."""
        told = (self.twilio_auth_token, self.twilio_other_auth_token)
        return tuple(token.get_secret_value() for token in told if token is not None)

    def sendgrid_keys(self) -> tuple[str, ...]:
        """Every key that proves SendGrid's events."""
        return tuple(key for each in (self.sendgrid_webhook_public_key or "").split(",") if (key := each.strip()))

    def partners(self) -> dict[str, tuple[str, ...]]:
        """Who may post what the ledger says, and every secret that proves it."""
        return read_partners(self.ledger_partners.get_secret_value()) if self.ledger_partners is not None else {}

    def stripe_secrets(self) -> tuple[str, ...]:
        """Every secret that proves an event of Stripe's."""
        told = self.stripe_webhook_secrets
        return read_stripe_secrets(told.get_secret_value()) if told is not None else ()

    def _revealed(self, name: str) -> str:
        value = getattr(self, name)
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    def _is_default(self, name: str) -> bool:
        return bool(getattr(self, name) == type(self).model_fields[name].default)


def variable(name: str) -> str:
    """The environment variable of a field."""
    return f"{ENV_PREFIX}{name.upper()}"


def load_settings(env_file: Path | None = ENV_FILE, **overrides: Any) -> Settings:
    """Read the environment over `env_file` over the defaults; `overrides` win over all three.

    Variables of a channel (`AMICABLE_PUSH_URL`, override `push_url`) are only collected here; `config.sections`
    checks them. Raises ConfigurationError with one line per problem, `AMICABLE_X: reason`, and never a value.
    """
    in_file = _variables(_read_file(env_file))
    of_channels = _of_channels(in_file, _variables(os.environ), overrides)
    own = {name: value for name, value in overrides.items() if _channel_of(name) is None}
    problems = [*_unknown(in_file), *_unknown(own)]
    try:
        settings = Settings(_env_file=env_file, **own)
    except ValidationError as error:
        for item in error.errors(include_input=False, include_context=False):
            problems += _problems(item)
    else:
        if not problems:
            settings._of_channels = of_channels
            return settings
    raise ConfigurationError("\n".join(problems))


def _variables(told: Mapping[str, str | None]) -> dict[str, Any]:
    """Our variables by the name of their field."""
    named = ((name.upper(), value) for name, value in told.items())
    return {name.removeprefix(ENV_PREFIX).lower(): value for name, value in named if name.startswith(ENV_PREFIX)}


def _channel_of(name: str) -> Channel | None:
    """The channel whose setting this is; None for one of the process."""
    return next((channel for channel in Channel if name.startswith(f"{channel.value}_")), None)


def _of_channels(
    in_file: Mapping[str, Any], in_environment: Mapping[str, Any], overrides: Mapping[str, Any]
) -> tuple[ChannelVariable, ...]:
    """The variables of all channels, the later source over the earlier; an empty one is absent."""
    found: dict[str, ChannelVariable] = {}
    for told, from_environment in ((in_file, False), (in_environment, True), (overrides, False)):
        for name, value in told.items():
            channel = _channel_of(name)
            if channel is None or not value:
                continue
            own = name.removeprefix(f"{channel.value}_")
            plain = value if isinstance(value, SecretStr) else SecretStr(str(value))
            found[name] = ChannelVariable(channel, own, plain, from_environment)
    return tuple(found[name] for name in sorted(found))


def _problems(item: ErrorDetails) -> list[str]:
    if item["type"] == "default_factory_not_called":
        return []  # a consequence of another field's problem, which is told
    if not item["loc"]:
        return reason_of(item).splitlines()
    return [f"{variable(str(item['loc'][0]))}: {reason_of(item)}"]


def _read_file(env_file: Path | None) -> dict[str, str | None]:
    """What stands in the file. Every name of ours in it must be a setting; the environment is not ours alone."""
    if env_file is None or not env_file.is_file():
        return {}
    try:
        return dotenv_values(env_file)
    except UnicodeDecodeError:
        raise ConfigurationError(f"{env_file}: is not UTF-8 text") from None


def _unknown(names: dict[str, Any]) -> Iterator[str]:
    for name in sorted(each for each in names.keys() - Settings.model_fields.keys() if _channel_of(each) is None):
        near = difflib.get_close_matches(name, Settings.model_fields, n=1)
        hint = f"; did you mean {variable(near[0])}?" if near else ""
        yield f"{variable(name)}: no such setting{hint}"
