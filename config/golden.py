"""Worked cases in the golden schema (regulation rules, section 3), one JSON object a line, as acts of the core."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from config.fields import reason_of
from config.readings import readings
from config.written_facts import as_written
from domain.calendar import as_utc, zone
from domain.compliance.facts import (
    NO_ADDRESS,
    Act,
    Address,
    CandidateZone,
    Consent,
    Content,
    InconvenientTime,
    PastContact,
)
from domain.compliance.flags import Flags
from domain.compliance.vocabulary import ActKind, Medium, Purpose, Recipient, Role
from domain.errors import AmicableError, InvalidInput

_FLAGS = TypeAdapter(Flags)
_ADDRESS = TypeAdapter(Address)
_FLAG_NAMES = frozenset(field.name for field in fields(Flags))
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Of a consent without a date: it was there before anything else."""


def _instant(value: datetime) -> datetime:
    try:
        return as_utc(value)
    except AmicableError as error:
        raise ValueError(str(error)) from None


def _zone_name(name: str) -> str:
    try:
        zone(name)
    except AmicableError as error:
        raise ValueError(str(error)) from None
    return name


def _time_or_midnight(value: object) -> object:
    """`24:00` is the next midnight: no end within the day."""
    return None if value == "24:00" else value


Instant = Annotated[datetime, AfterValidator(_instant)]
ZoneName = Annotated[str, AfterValidator(_zone_name)]
EndOfDay = Annotated[time | None, BeforeValidator(_time_or_midnight)]
DebtIds = tuple[str, ...]


class Given(BaseModel):
    """The base of every part: what is informational is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: object) -> object:
        """A null is an absent key."""
        return {name: each for name, each in value.items() if each is not None} if isinstance(value, dict) else value


class GivenZone(Given):
    """A candidate zone."""

    tz: ZoneName
    basis: str = ""

    def zone(self) -> CandidateZone:
        """The zone as the core knows it."""
        return CandidateZone(name=self.tz, basis=self.basis)


class GivenContact(Given):
    """A contact of the history."""

    utc: Instant
    channel: Medium
    dir: Annotated[str, Field(pattern="^(in|out)$")]
    outcome: str = ""
    debt_ids: DebtIds = ()
    recipient: Recipient = Recipient.CONSUMER
    number: str | None = None
    text: str = ""
    purpose: Purpose | None = None
    misdirected: bool = False

    def contact(self) -> PastContact:
        """The contact as the core knows it."""
        return PastContact(
            at=self.utc,
            channel=self.channel,
            outcome=self.outcome,
            inbound=self.dir == "in",
            debt_ids=self.debt_ids,
            recipient=self.recipient,
            number=self.number,
            text=self.text,
            purpose=self.purpose,
            misdirected=self.misdirected,
        )


class GivenConsent(Given):
    """A consent."""

    type: str
    utc: Instant = LONG_AGO
    given_to: str | None = None
    via: str | None = None
    debt_ids: DebtIds = ()
    on_date: date | None = None
    revoked_utc: Instant | None = None
    start: time | None = Field(default=None, alias="from")
    end: EndOfDay = Field(default=None, alias="to")
    tz: ZoneName | None = None

    def consent(self) -> Consent:
        """The consent as the core knows it."""
        return Consent(
            type=self.type,
            at=self.utc,
            given_to=self.given_to,
            via=self.via,
            debt_ids=self.debt_ids,
            on_date=self.on_date,
            revoked_at=self.revoked_utc,
            start=self.start,
            end=time(0) if self.start is not None and self.end is None else self.end,
            zone=self.tz,
        )


class GivenInconvenient(Given):
    """A time that the person named as inconvenient."""

    tz: ZoneName
    days: Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(min_length=1)] = (1, 2, 3, 4, 5, 6, 7)
    start: time = Field(alias="from")
    end: EndOfDay = Field(alias="to")
    through: date | None = None

    def inconvenient(self) -> InconvenientTime:
        """The time as the core knows it."""
        return InconvenientTime(zone=self.tz, days=self.days, start=self.start, end=self.end, through=self.through)


class GivenContent(Given):
    """A text."""

    text: str = ""
    disclosures: frozenset[str] = frozenset()
    lang: str = "en"

    def content(self) -> Content:
        """The text with its readings."""
        return Content(text=self.text, readings=readings(self.text), disclosures=self.disclosures, lang=self.lang)


class GivenFacts(Given):
    """Everything under `given`."""

    role: Role = Role.CREDITOR
    zones: tuple[GivenZone, ...] = ()
    superseded_zones: tuple[GivenZone, ...] = ()
    holidays: frozenset[date] = frozenset()
    proposed_utc: Instant
    channel: Medium
    recipient: Recipient = Recipient.CONSUMER
    purpose: Purpose = Purpose.COLLECT
    debt_ids: DebtIds = ()
    debt_groups: dict[str, str] = Field(default_factory=dict)
    address: dict[str, Any] | None = None
    history: tuple[GivenContact, ...] = ()
    flags: dict[str, Any] = Field(default_factory=dict)
    consents: tuple[GivenConsent, ...] = ()
    inconvenient: tuple[GivenInconvenient, ...] = ()
    content: GivenContent | None = None


class Expected(Given):
    """What the case says comes out; None asserts nothing."""

    decision: Annotated[str, Field(pattern="^(allow|defer|deny)$")]
    rule: str | None = None
    until: Instant | None = None
    warn: tuple[str, ...] = ()
    lint: str | None = None
    computed: dict[str, Any] | None = None
    override_allowed: bool | None = None
    reason: str | None = None


class CaseLine(Given):
    """One line."""

    id: str
    kind: ActKind
    jurisdiction: str
    given: GivenFacts
    expect: Expected | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenCase:
    """A case as the gate takes it."""

    id: str
    act: Act
    expect: Expected | None
    ignored: tuple[str, ...]
    """Flags that nobody knows; no rule asked them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that is no case, and why."""

    number: int
    reason: str


def read_cases(lines: Iterator[str]) -> Iterator[GoldenCase | BadLine]:
    """Each line as a case, or why it is none; empty lines are passed over."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield read_case(line)
            except AmicableError as error:
                yield BadLine(number=number, reason=str(error))


def read_case(line: str) -> GoldenCase:
    """One line as a case. Raises InvalidInput that names the key and the reason."""
    try:
        read = CaseLine.model_validate(_parsed(line))
        act = _act(read)
    except ValidationError as error:
        told = [
            f"{'.'.join(str(key) for key in item['loc']) or 'the line'}: {reason_of(item)}" for item in error.errors()
        ]
        raise InvalidInput("; ".join(told)) from None
    ignored = tuple(sorted(read.given.flags.keys() - _FLAG_NAMES))
    return GoldenCase(id=read.id, act=act, expect=read.expect, ignored=ignored)


def _parsed(line: str) -> Any:
    """The JSON of a line. Raises InvalidInput for text that is none, or that no printer could write out again."""
    try:
        line.encode()
        parsed = json.loads(line)
        json.dumps(parsed, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise InvalidInput(f"not a JSON object: {error.msg} at column {error.colno}") from None
    except UnicodeEncodeError:
        raise InvalidInput("it is no UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"not a JSON object of a sane size: {error}") from None
    return parsed


def _act(read: CaseLine) -> Act:
    given = read.given
    zone_name = given.zones[0].tz if given.zones else "UTC"
    address = as_written(given.address or {}, Address, zone_name)
    return Act(
        kind=read.kind,
        jurisdiction=read.jurisdiction,
        role=given.role,
        at=given.proposed_utc,
        channel=given.channel,
        recipient=given.recipient,
        purpose=given.purpose,
        zones=tuple(each.zone() for each in given.zones),
        superseded_zones=tuple(each.zone() for each in given.superseded_zones),
        closed_dates=given.holidays,
        debt_ids=given.debt_ids,
        debt_groups=given.debt_groups,
        address=_ADDRESS.validate_python(address) if address else NO_ADDRESS,
        history=tuple(each.contact() for each in given.history),
        flags=_FLAGS.validate_python(as_written(given.flags, Flags, zone_name)),
        consents=tuple(each.consent() for each in given.consents),
        inconvenient=tuple(each.inconvenient() for each in given.inconvenient),
        content=given.content.content() if given.content else None,
    )
