"""Text messages through Twilio's official client.

Source of the codes: https://www.twilio.com/docs/api/errors
"""

from dataclasses import dataclass, field
from datetime import datetime

from twilio.rest import Client

from activities.channel import ChannelAdapter, FindOutcome, OutboundMessage, Refused, SendOutcome
from activities.twilio_api import PROVIDER, CodeTable, find_message, handed_over, twilio_client
from activities.wire import Limits, limits_of
from config.settings import Settings
from domain.vocabulary import Channel

CHANNEL = Channel.SMS
REFERENCE = "{reference}"
CODES = CodeTable(
    setup={
        20003: "the credentials were refused",
        20005: "the account is not active",
        20404: "the account was not found",
        21408: "the account may not send to this region",
        21603: "no sender is configured",
        21606: "the sender cannot send texts",
        21659: "the sender does not belong to the account",
        21660: "the sender does not belong to the account",
    },
    refusals={
        21211: Refused(code="21211", why="not a valid phone number", address_dead=True),
        21217: Refused(code="21217", why="not a possible phone number", address_dead=True),
        21610: Refused(code="21610", why="the recipient opted out with the provider", opted_out=True),
        21612: Refused(code="21612", why="the number cannot be reached by this sender", address_dead=True),
        21614: Refused(code="21614", why="not a mobile number", address_dead=True),
        21617: Refused(code="21617", why="the text is too long"),
    },
)


@dataclass(frozen=True, kw_only=True)
class TwilioSms:
    """One Twilio account as a channel; give `messaging_service_sid` or `from_number` as the sender.

    `base_url` None is the live API. Thread-safe, one connection pool.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    messaging_service_sid: str | None = None
    from_number: str | None = None
    status_callback: str | None = None
    """Where Twilio reports what became of a message; `{reference}` in it stands for the message's."""
    base_url: str | None = None
    limits: Limits = field(default_factory=Limits)
    _client: Client = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not (self.messaging_service_sid or self.from_number):
            raise ValueError("a Twilio channel needs a messaging service or a number to send from")
        client = twilio_client(self.account_sid, self.auth_token, base_url=self.base_url, limits=self.limits)
        object.__setattr__(self, "_client", client)

    @property
    def provider(self) -> str:
        """The provider's name as it is recorded with a touch."""
        return PROVIDER

    def send(self, message: OutboundMessage) -> SendOutcome:
        """Hand one text over, once."""
        sender = {
            "messaging_service_sid": self.messaging_service_sid,
            "from_": self.from_number,
            "status_callback": callback_for(self.status_callback, message.reference),
        }
        given = {name: value for name, value in sender.items() if value is not None}
        return handed_over(lambda: self._client.messages.create(to=message.to, body=message.body, **given), CODES)

    def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
        """The newest text to `to` that carries `reference`; see `find_message`."""
        return find_message(self._client, to=to, reference=reference, since=since)


def callback_for(template: str | None, reference: str) -> str | None:
    """Where Twilio reports about one message; None when it shall not."""
    return template.replace(REFERENCE, reference) if template is not None else None


def receipts_url(settings: Settings) -> str | None:
    """Where our door takes Twilio's receipts (`web/receipts.py`), for every reference; None without a door."""
    return f"{settings.web_url.rstrip('/')}/receipts/twilio/{REFERENCE}" if settings.web_url is not None else None


def create(settings: Settings) -> ChannelAdapter:
    """The channel as the settings describe it; it is always on."""
    return TwilioSms(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        from_number=settings.twilio_from_number,
        messaging_service_sid=settings.twilio_messaging_service_sid,
        status_callback=receipts_url(settings),
        base_url=settings.twilio_base_url,
        limits=limits_of(settings),
    )
