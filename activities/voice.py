"""Automated calls through Twilio's official client; what is said is fetched from our own door (`web/voice.py`).

The call carries no text, only where to fetch it: the statement is written when the person has pressed a key, from
the ledger as it is then, and never when a machine answers. The door's addresses hold our reference and nothing
else of the case, and by them a call is found again: the Calls API tells neither its URL nor any mark of ours, but
the requests that Twilio made for a call (`Calls/{sid}/Events`) name their addresses. The first of them reports
that the call was begun, so even a call that nobody answered can be told.

Sources: https://www.twilio.com/docs/voice/api/call-resource, https://www.twilio.com/docs/voice/api/call-event-resource
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import Field
from twilio.rest import Client

from activities.channel import (
    Accepted,
    ChannelAdapter,
    FindOutcome,
    NotFound,
    OutboundMessage,
    Refused,
    SendOutcome,
    Unknown,
)
from activities.sms import CODES as SMS_CODES
from activities.twilio_api import (
    LOOKUP_LIMIT,
    LOOKUP_MARGIN,
    PROVIDER,
    CodeTable,
    handed_over,
    looked_up,
    twilio_client,
)
from activities.wire import Limits, limits_of
from config.sections import E164, ChannelSettings, Url, read_section
from config.settings import Settings
from domain.vocabulary import Channel

CHANNEL = Channel.VOICE
REPORTED = ["initiated", "answered", "completed"]
LONGEST_CALL_SECONDS = 600
CODES = CodeTable(
    setup={
        **SMS_CODES.setup,
        21205: "the address of our door is not accepted",
        21210: "the caller's number is not verified",
        21212: "the caller's number is not valid",
        21215: "the account may not call this country",
        21219: "the account is a trial and may not call this number",
    },
    busy={10004: "too many calls at once"},
    refusals={
        13224: Refused(code="13224", why="not a valid number to dial", address_dead=True),
        21211: SMS_CODES.refusals[21211],
        21214: Refused(code="21214", why="the number cannot be reached by telephone", address_dead=True),
        21216: Refused(code="21216", why="the provider does not call this number"),
        21217: SMS_CODES.refusals[21217],
    },
)


class VoiceSettings(ChannelSettings):
    """The channel is on once Twilio can reach our door; the account is that of `AMICABLE_TWILIO_*`."""

    SWITCH: ClassVar[str] = "web_url"

    web_url: Url = Field(
        None, description="Where Twilio reaches our web door, which says what is spoken in calls; empty: no calls."
    )
    from_number: E164 | None = Field(None, description="The caller's number; that of SMS when empty.")
    ring_seconds: int = Field(25, ge=5, le=60, description="How long a telephone rings before a call is given up.")


SETTINGS = VoiceSettings


@dataclass(frozen=True, kw_only=True)
class TwilioVoice:
    """One Twilio number that calls. `base_url` None is the live API. Thread-safe, one connection pool."""

    account_sid: str
    auth_token: str = field(repr=False)
    from_number: str
    web_url: str
    ring_seconds: int = 25
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
        """Have the number called, once; nothing of the message leaves the house before somebody answers."""
        return handed_over(
            lambda: self._client.calls.create(
                to=message.to,
                from_=self.from_number,
                url=door_url(self.web_url, message.reference, "greeting"),
                status_callback=door_url(self.web_url, message.reference, "status"),
                status_callback_event=REPORTED,
                machine_detection="Enable",
                timeout=self.ring_seconds,
                time_limit=LONGEST_CALL_SECONDS,
            ),
            CODES,
        )

    def find(self, *, to: str, reference: str, since: datetime) -> FindOutcome:
        """The call to `to` whose requests went to the addresses of `reference`.

        A call that made no request yet cannot be told from another of ours, so it makes the answer `Unknown`.
        """
        oldest = since.astimezone(UTC) - LOOKUP_MARGIN

        def search() -> FindOutcome:
            unclear = 0
            for candidate in self._client.calls.stream(to=to, from_=self.from_number, limit=LOOKUP_LIMIT):
                if candidate.date_created is not None and candidate.date_created < oldest:
                    break
                asked = self._asked_for(candidate.sid)
                if any(f"/voice/{reference}/" in url for url in asked):
                    return Accepted(provider_id=str(candidate.sid), status=str(candidate.status))
                unclear += not asked
            return Unknown(why="a call to this number cannot be told apart yet") if unclear else NotFound()

        return looked_up(search)

    def _asked_for(self, sid: Any) -> list[str]:
        """The addresses of ours that Twilio asked for during a call."""
        asked = [dict(event.request or {}) for event in self._client.calls(sid).events.list(limit=50)]
        return [url for request in asked if (url := str(request.get("url", ""))).startswith(self.web_url)]


def door_url(web_url: str, reference: str, step: str) -> str:
    """Where Twilio asks what to say, or reports, at one step of a call."""
    return f"{web_url.rstrip('/')}/voice/{reference}/{step}"


def create(settings: Settings) -> ChannelAdapter | None:
    """The channel as the settings describe it; None without a door."""
    own = read_section(settings, CHANNEL, VoiceSettings)
    if own is None or own.web_url is None:
        return None
    return TwilioVoice(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        from_number=own.from_number or settings.twilio_from_number,
        web_url=own.web_url,
        ring_seconds=own.ring_seconds,
        base_url=settings.twilio_base_url,
        limits=limits_of(settings),
    )
