"""Settings of one channel: declared beside its adapter, read from the variables that begin with its name.

`AMICABLE_PUSH_URL` belongs to the channel `push`, which alone knows what it means. A channel is off until the one
field that its section names as the switch has a value. The two modes hold here as everywhere: an address of a
section must be this machine in `sandbox` and may not be in `live`, and so with the sandbox's public secrets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from config.addresses import live_address_problem, sandbox_address_problem
from config.fields import reason_of
from config.settings import NOT_ONES_OWN, NOT_THE_SANDBOXS, Settings, variable
from domain.errors import ConfigurationError
from domain.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Address:
    """Marks a URL that is this machine in a rehearsal and never otherwise."""


@dataclass(frozen=True, slots=True)
class Sandboxed:
    """Marks a field whose default is the sandbox's own: the only value in a rehearsal, refused in live mode."""


Url = Annotated[Annotated[str, Field(min_length=1, max_length=200)] | None, Address()]
E164 = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]


class ChannelSettings(BaseModel):
    """What one channel is told from outside; the description of a field is its line in `.env.example`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    SWITCH: ClassVar[str]
    """The field without which the channel is off."""


S = TypeVar("S", bound=ChannelSettings)


def read_section(settings: Settings, channel: Channel, section: type[S]) -> S | None:
    """The channel's own settings; None while it is switched off.

    Raises ConfigurationError with one line per problem, `AMICABLE_X: reason`, and never a value.
    """
    told = settings.told_of(channel, set(section.model_fields))
    if not told:
        return None
    try:
        read = section.model_validate(told)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_problems(channel, error))) from None
    problems = [f"{_variable(channel, name)}: {reason}" for name, reason in _misuse(settings, read)]
    if problems:
        raise ConfigurationError("\n".join(problems))
    return read


def _problems(channel: Channel, error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_input=False, include_context=False):
        name = _variable(channel, str(item["loc"][0])) if item["loc"] else f"channel {channel.value}"
        reason = "no such setting" if item["type"] == "extra_forbidden" else reason_of(item)
        yield f"{name}: {reason}"


def _misuse(settings: Settings, read: ChannelSettings) -> Iterator[tuple[str, str]]:
    """Fields whose value does not fit the mode, with the reason; never with the value."""
    live = settings.mode == "live"
    if getattr(read, read.SWITCH) is None:
        yield read.SWITCH, "is missing: the channel's other settings say nothing without it"
        return
    for name, field in type(read).model_fields.items():
        value = _revealed(getattr(read, name))
        if any(isinstance(mark, Address) for mark in field.metadata) and value:
            problem = live_address_problem(value) if live else sandbox_address_problem(value)
            if problem:
                yield name, problem
        if any(isinstance(mark, Sandboxed) for mark in field.metadata):
            sandboxs = _revealed(field.default)
            if live and (not value or "sandbox" in value.lower() or value == sandboxs):
                yield name, NOT_ONES_OWN
            if not live and value != sandboxs:
                yield name, NOT_THE_SANDBOXS


def _revealed(value: Any) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value or "")


def _variable(channel: Channel, name: str) -> str:
    return variable(f"{channel.value}_{name}")
