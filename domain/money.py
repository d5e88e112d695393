"""Money: integers in minor units with an ISO 4217 currency. No float, ever."""

import re
from dataclasses import dataclass
from decimal import Decimal

from domain.errors import InvalidInput

# ISO 4217 (list one, 2024-06-25): digits after the point, for currencies a wallet can be held in.
_TWO_DIGITS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY
COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD
NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN
SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG
""".split()
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split()
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND".split()

MINOR_UNIT_DIGITS: dict[str, int] = (
    dict.fromkeys(_TWO_DIGITS, 2) | dict.fromkeys(_NO_DIGITS, 0) | dict.fromkeys(_THREE_DIGITS, 3)
)

_PLAIN_DECIMAL = re.compile(r"(?P<sign>[+-]?)(?P<whole>[0-9]{1,18})(\.(?P<part>[0-9]{0,18}))?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units; arithmetic between two currencies is refused."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse a currency that ISO 4217 does not list, and an amount that is not a whole number."""
        if self.currency not in MINOR_UNIT_DIGITS:
            raise InvalidInput(f"currency {self.currency!r} is not an ISO 4217 code in use")
        if type(self.amount_minor) is not int:
            raise InvalidInput(f"amount {self.amount_minor!r} is not a whole number of minor units")

    def __add__(self, other: "Money") -> "Money":
        """The sum, in the one currency of both."""
        self._same_currency(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """The difference, in the one currency of both."""
        self._same_currency(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise InvalidInput(f"{self.currency} and {other.currency} cannot be added: convert first")

    def split(self, parts: int) -> tuple["Money", ...]:
        """Divide into `parts` shares that differ by one minor unit at most and sum to the whole; larger first."""
        if parts < 1:
            raise InvalidInput(f"cannot split into {parts} parts: one or more")
        share, rest = divmod(self.amount_minor, parts)
        return tuple(Money(share + (1 if index < rest else 0), self.currency) for index in range(parts))

    def to_decimal(self) -> Decimal:
        """The amount in major units, exact."""
        sign, digits, _ = Decimal(self.amount_minor).as_tuple()
        return Decimal((sign, digits, -MINOR_UNIT_DIGITS[self.currency]))


def in_words(amount_minor: int, currency: str) -> str:
    """An amount with its currency and every digit, as a person reads it: `USD 1,280.50`."""
    digits = MINOR_UNIT_DIGITS.get(currency)
    if digits is None:
        raise InvalidInput(f"currency {currency!r} is not an ISO 4217 code in use")
    if digits == 0:
        return f"{currency} {amount_minor:,}"
    whole, part = divmod(abs(amount_minor), 10**digits)
    return f"{currency} {'-' if amount_minor < 0 else ''}{whole:,}.{part:0{digits}}"


def parse_money(text: str, currency: str) -> Money:
    """Read a plain decimal in major units, such as `1280.50`; never rounds.

    Raises InvalidInput for anything else: signs of grouping, exponents, digits of other scripts, more digits than the
    currency has or any wallet needs.
    """
    if currency not in MINOR_UNIT_DIGITS:
        raise InvalidInput(f"currency {currency!r} is not an ISO 4217 code in use")
    read = _PLAIN_DECIMAL.fullmatch(text.strip())
    if read is None:
        raise InvalidInput(f"amount {text[:40]!r} is not a number such as 1280.50")
    digits = MINOR_UNIT_DIGITS[currency]
    part = (read["part"] or "").rstrip("0")
    if len(part) > digits:
        raise InvalidInput(f"amount {text!r} has more than the {digits} decimal places of {currency}")
    # Through text, not through Decimal arithmetic, whose context rounds to 28 digits without a word.
    return Money(int(read["sign"] + read["whole"] + part.ljust(digits, "0")), currency)
