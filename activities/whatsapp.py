"""Private messages in WhatsApp, through Twilio's Messages API; only ever after a consent, which the gate looks at.

Outside of 24 hours after the person's last message WhatsApp takes approved templates only, so 63016 is normal life.
Source of the codes: https://www.twilio.com/docs/api/errors and https://www.twilio.com/docs/whatsapp/key-concepts
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from pydantic import Field
from twilio.rest import Client

from activities.channel import ChannelAdapter, FindOutcome, NotFound, OutboundMessage, Refused, SendOutcome
from activities.sms import CODES as SMS_CODES
from activities.sms import callback_for, receipts_url
from activities.twilio_api import PROVIDER, CodeTable, find_message, handed_over, twilio_client
from activities.wire import Limits, limits_of
from config.sections import E164, ChannelSettings, read_section
from config.settings import Settings
from domain.vocabulary import Channel

CHANNEL = Channel.SOCIAL_PRIVATE
PREFIX = "whatsapp:"
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
CODES = CodeTable(
    setup={
        **SMS_CODES.setup,
        21910: "the sender is no WhatsApp sender",
        63001: "WhatsApp does not accept the sender's authentication",
        63007: "the sender is not known to WhatsApp",
        63112: "the WhatsApp business account is disabled",
    },
    busy={63018: "WhatsApp asks for fewer messages", 63010: "WhatsApp has a fault"},
    refusals={
        21211: SMS_CODES.refusals[21211],
        21610: SMS_CODES.refusals[21610],
        21617: SMS_CODES.refusals[21617],
        63003: Refused(code="63003", why="the number is not on WhatsApp", address_dead=True),
        63013: Refused(code="63013", why="the message breaks a rule of WhatsApp"),
        63016: Refused(code="63016", why="the person has not written within 24 hours, and this is no template"),
        63024: Refused(code="63024", why="the recipient cannot take WhatsApp messages", address_dead=True),
    },
)


class WhatsAppSettings(ChannelSettings):
    """The channel is on once it has a sender; the account is that of `AMICABLE_TWILIO_*`."""

    SWITCH: ClassVar[str] = "from_number"

    from_number: E164 | None = Field(
        None, description="WhatsApp sender at Twilio, as +15005550006; empty: no private messages."
    )


SETTINGS = WhatsAppSettings


@dataclass(frozen=True, kw_only=True)
class TwilioWhatsApp:
    """One WhatsApp sender as a channel. `base_url` None is the live API. Thread-safe, one connection pool."""

    account_sid: str
    auth_token: str = field(repr=False)
    from_number: str
    status_callback: str | None = None
    """As of `TwilioSms`."""
    base_url: str | None = None
    limits: Limits = field(default_factory=Limits)
    _client: Client = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        client = twilio_client(self.account_sid, self.auth_token, base_url=self.base_url, limits=self.limits)
        object.__setattr__(self, "_client", client)

    @property
    def provider(self) -> str:
        """The provider's name as it is recorded with a touch."""
        return PROVIDER

    def send(self, message: OutboundMessage) -> SendOutcome:
        """Hand one message over, once; an address that is no E.164 number is refused without asking."""
        if not NUMBER.fullmatch(message.to):
            return Refused(code="not_e164", why="not a telephone number with its country", address_dead=True)
        callback = callback_for(self.status_callback, message.reference)
        given = {} if callback is None else {"status_callback": callback}
        return handed_over(
            lambda: self._client.messages.create(
                to=PREFIX + message.to, from_=PREFIX + self.from_number, body=message.body, **given
            ),
            CODES,
        )

    def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
        """The newest message to `to` that carries `reference`; see `find_message`."""
        if not NUMBER.fullmatch(to):
            return NotFound()
        return find_message(self._client, to=PREFIX + to, reference=reference, since=since)


def create(settings: Settings) -> ChannelAdapter | None:
    """The channel as the settings describe it; None without a sender."""
    own = read_section(settings, CHANNEL, WhatsAppSettings)
    if own is None or own.from_number is None:
        return None
    return TwilioWhatsApp(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        from_number=own.from_number,
        status_callback=receipts_url(settings),
        base_url=settings.twilio_base_url,
        limits=limits_of(settings),
    )
