"""What each column of a book may hold. Every reason says what would do, and never repeats the value."""

import re
from datetime import date

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumber

from domain.calendar import zone
from domain.errors import InvalidInput
from domain.money import MINOR_UNIT_DIGITS, parse_money
from domain.vocabulary import Channel, LineType, Permission

LOCALES = frozenset({"en", "zh-CN"})
COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)
STRICTER_REGIONS = frozenset({"MA", "FL", "NYC", "CA"})
"""Where a law of the place is stricter than federal law (config/jurisdictions/us.yaml): a jurisdiction of its own."""
US_REGIONS = STRICTER_REGIONS | frozenset(
    "AL AK AZ AR CO CT DE DC GA HI ID IL IN IA KS KY LA ME MD MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI "
    "SC SD TN TX UT VT VA WA WV WI WY PR GU VI AS MP".split()
)
# Reserved by Ofcom for drama: they reach nobody, and the library, rightly, calls them unassigned.
FICTION = {"+447700900": LineType.MOBILE, "+441632960": LineType.LANDLINE}
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PRODUCT = re.compile(r"[a-z0-9_]{1,40}")
_AMOUNT = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_ADDRESS_LINES, _LONGEST_LINE = range(2, 7), 60
"""As many as the window of an envelope shows below the name."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOST_MINOR = 10**14
_EARLIEST = date(2000, 1, 1)


def identifier(text: str) -> str:
    """A lender's id that says nothing about the person."""
    if "@" in text or (len(re.sub(r"\D", "", text)) >= 10 and not re.search(r"[A-Za-z]", text)):
        raise InvalidInput("looks like an e-mail address or a telephone number: ids must not be personal data")
    if not _ID.fullmatch(text):
        raise InvalidInput("must be 1 to 64 letters, digits, - or _")
    return text


def words(text: str) -> str:
    """A name for people to read."""
    if not 1 <= len(text) <= 120 or not text.isprintable():
        raise InvalidInput("must be 1 to 120 printable characters")
    return text


def product(text: str) -> str:
    """A product's code."""
    if not _PRODUCT.fullmatch(text):
        raise InvalidInput("must be a code such as pay_later: lower-case letters, digits or _")
    return text


def segment(text: str) -> str:
    """The lender's label of an account; it may be missing."""
    if text and not _PRODUCT.fullmatch(text):
        raise InvalidInput("must be a label such as prime: lower-case letters, digits or _")
    return text


def locale(text: str) -> str:
    """A language that we have templates for."""
    if text not in LOCALES:
        raise InvalidInput(f"must be one of {', '.join(sorted(LOCALES))}")
    return text


def country_code(text: str) -> str:
    """An ISO 3166 code."""
    if text not in COUNTRIES:
        raise InvalidInput("must be an ISO 3166 code of two capitals, such as US, CN or GB")
    return text


def jurisdiction(country: str, region: str) -> str:
    """Only where the place has a stricter law of its own does the region make another jurisdiction."""
    if country != "US":
        return "UK" if country == "GB" else country
    if region and region not in US_REGIONS:
        raise InvalidInput("must be a state's two letters, NYC, or empty")
    return f"US-{region}" if region in STRICTER_REGIONS else "US"


def zone_name(text: str) -> str:
    """An IANA zone with its region."""
    if not text or "/" not in text:
        raise InvalidInput("must be an IANA name such as America/New_York")
    try:
        zone(text)
    except InvalidInput:
        raise InvalidInput("must be an IANA name such as America/New_York") from None
    return text


def currency_code(text: str) -> str:
    """An ISO 4217 code."""
    if text not in MINOR_UNIT_DIGITS:
        raise InvalidInput("must be an ISO 4217 code such as USD")
    return text


def amount_minor(text: str, currency: str) -> int:
    """An amount in minor units; its places are not judged while the currency is unknown."""
    if not _AMOUNT.fullmatch(text):
        raise InvalidInput("must be a number such as 1280.50, without sign or separators; 0 for none")
    if not currency:
        return 0
    try:
        minor = parse_money(text, currency).amount_minor
    except InvalidInput:
        digits = MINOR_UNIT_DIGITS[currency]
        raise InvalidInput(f"has more than the {digits} decimal places of {currency}") from None
    if minor > _MOST_MINOR:
        raise InvalidInput("is larger than any wallet owes")
    return minor


def iso_date(text: str) -> date:
    """A plausible calendar date."""
    try:
        found = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None or found < _EARLIEST:
        raise InvalidInput("must be a date such as 2026-11-21, from 2000 on")
    return found


def phone_number(text: str, country: str) -> PhoneNumber | None:
    """A number that somebody can have, or none; nothing is judged while the country is unknown."""
    if not text or not country:
        return None
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        number = None
    if number is None or not (phonenumbers.is_valid_number(number) or e164(number)[:10] in FICTION):
        raise InvalidInput("is not a telephone number of that country; write it as +1 or +86 and so on")
    return number


def international_number(text: str) -> PhoneNumber | None:
    """A number that somebody can have, with its country, or none."""
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidInput("must be a number with its country and no spaces, as +12025550143")
    return phone_number(text, "ZZ")


def e164(number: PhoneNumber) -> str:
    """The number as +, country, digits."""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def email_address(text: str) -> str | None:
    """An address of the right shape, or none; nobody is asked whether it exists."""
    if not text:
        return None
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise InvalidInput("is not an e-mail address") from None
    return found.ascii_email


def wallet_user(text: str) -> str | None:
    """The wallet's own id of the person, or none."""
    return identifier(text) if text else None


def postal_address(text: str) -> str | None:
    """The lines of a postal address without the name, or none; kept one below the other."""
    if not text:
        return None
    lines = [line.strip() for line in text.split("|")]
    if len(lines) not in _ADDRESS_LINES or not all(0 < len(line) <= _LONGEST_LINE for line in lines):
        raise InvalidInput(
            f"must be {_ADDRESS_LINES[0]} to {_ADDRESS_LINES[-1]} lines without the name, separated by |, "
            f"of at most {_LONGEST_LINE} characters each"
        )
    if not all(line.isprintable() for line in lines):
        raise InvalidInput("must have printable characters only")
    return "\n".join(lines)


def channels(text: str) -> tuple[Channel, ...]:
    """A list of channels, perhaps empty."""
    names = [name.strip() for name in text.split(";") if name.strip()]
    if any(name not in set(Channel) for name in names):
        raise InvalidInput(f"must list channels such as sms;email out of {', '.join(Channel)}")
    return tuple(Channel(name) for name in names)


def yes_or_no(text: str) -> Permission | None:
    """What was said about a channel, if anything."""
    answers = {"": None, "yes": Permission.GIVEN, "no": Permission.WITHDRAWN}
    if text.lower() not in answers:
        raise InvalidInput("must be yes, no or empty")
    return answers[text.lower()]


def consent(text: str) -> tuple[Permission | None, date | None]:
    """What was said about a channel, if anything, and on which day a permission was given, if that is known."""
    if not _DATE.fullmatch(text):
        try:
            return yes_or_no(text), None
        except InvalidInput:
            raise InvalidInput("must be yes, no, the day of the consent such as 2026-11-21, or empty") from None
    return Permission.GIVEN, iso_date(text)
