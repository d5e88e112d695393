"""How the person of a row may be reached, and what he said about it.

A telephone number is for texts, or for calls when it is a landline; with a permission for calls it is for both. A
WhatsApp number comes in with the person's explicit consent alone.
"""

from dataclasses import dataclass
from datetime import date

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType
from phonenumbers import timezone as number_zones

from casedb import book_fields as fields
from casedb.book_reading import Reading
from domain.vocabulary import Channel, LineType, Permission

_LINE_TYPES = {
    PhoneNumberType.MOBILE: LineType.MOBILE,
    PhoneNumberType.FIXED_LINE: LineType.LANDLINE,
}
# A geographic area spans few zones; a toll-free number answers to forty and says nothing of its holder.
_MOST_ZONES = 4
_CONSENTS = (("consent_sms", Channel.SMS), ("consent_email", Channel.EMAIL), ("consent_voice", Channel.VOICE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One way to reach the person."""

    channel: Channel
    address: str
    line_type: LineType


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """What a row says about reaching the person."""

    addresses: tuple[Address, ...]
    statements: tuple[tuple[Channel, Permission], ...]
    """What the person said about a channel, a withdrawal before a permission."""
    whatsapp_since: date | None
    """The day of the consent to WhatsApp; None when no day is known."""
    numbers: tuple[PhoneNumber, ...]


def read_contacts(read: Reading, country: str, as_of: date) -> Contacts:
    """Every column about reaching the person; what is wrong is noted in `read`."""
    phone = read.take("phone", lambda text: fields.phone_number(text, country), None)
    whatsapp = read.take("whatsapp", fields.international_number, None)
    nothing: tuple[Permission | None, date | None] = (None, None)
    agreed, agreed_on = read.take("whatsapp_consent", fields.consent, nothing)
    if whatsapp is not None and agreed is None and not read.noted("whatsapp_consent"):
        read.note("whatsapp_consent", "must say yes or the day of the consent: nobody is written to there unasked")
    if agreed_on is not None and agreed_on > as_of:
        read.note("whatsapp_consent", "lies after as_of")
    said = _statements(read, agreed)
    found = [
        *_of_phone(phone, called=said.get(Channel.VOICE) is Permission.GIVEN),
        *_others(read),
        *(_number(whatsapp, Channel.SOCIAL_PRIVATE) if agreed is Permission.GIVEN else ()),
    ]
    return Contacts(
        addresses=tuple(found),
        statements=tuple(sorted(said.items(), key=lambda item: item[0].value)),
        whatsapp_since=agreed_on,
        numbers=tuple(number for number in (phone, whatsapp) if number is not None),
    )


def _of_phone(phone: PhoneNumber | None, *, called: bool) -> list[Address]:
    texts = _number(phone, Channel.SMS)
    if not texts:
        return []
    if texts[0].line_type is LineType.LANDLINE:
        return _number(phone, Channel.VOICE)
    return [*texts, *(_number(phone, Channel.VOICE) if called else ())]


def _number(number: PhoneNumber | None, channel: Channel) -> list[Address]:
    if number is None:
        return []
    e164 = fields.e164(number)
    line = fields.FICTION.get(e164[:10]) or _LINE_TYPES.get(phonenumbers.number_type(number), LineType.UNKNOWN)
    return [Address(channel=channel, address=e164, line_type=line)]


def _others(read: Reading) -> list[Address]:
    email = read.take("email", fields.email_address, None)
    user = read.take("push_id", fields.wallet_user, None)
    postal = read.take("postal_address", fields.postal_address, None)
    told = (
        (Channel.EMAIL, email, LineType.MAILBOX),
        (Channel.PUSH, user, LineType.UNKNOWN),
        (Channel.LETTER, postal, LineType.UNKNOWN),
    )
    return [
        Address(channel=channel, address=address, line_type=line)
        for channel, address, line in told
        if address is not None
    ]


def _statements(read: Reading, whatsapp: Permission | None) -> dict[Channel, Permission]:
    nothing: tuple[Channel, ...] = ()
    said = dict.fromkeys(read.take("opted_out", fields.channels, nothing), Permission.WITHDRAWN)
    told = [(channel, read.take(name, fields.yes_or_no, None)) for name, channel in _CONSENTS]
    for channel, permission in (*told, (Channel.SOCIAL_PRIVATE, whatsapp)):
        if permission is not None:
            said.setdefault(channel, permission)
    return said


def zones_of(address_zone: str, numbers: tuple[PhoneNumber, ...]) -> tuple[str, ...]:
    """The address's zone, and those of American numbers: their holder may be where the area code is."""
    found = [address_zone]
    for number in numbers:
        if phonenumbers.region_code_for_number(number) != "US":
            continue
        known = [name for name in number_zones.time_zones_for_number(number) if name != number_zones.UNKNOWN_TIMEZONE]
        found += known if len(known) <= _MOST_ZONES else []
    return tuple(dict.fromkeys(found))
