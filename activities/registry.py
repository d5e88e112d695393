"""The channels we speak: every module of this package that declares one. Nothing else lists them.

A channel's module declares `CHANNEL`, `create(settings)`, which answers None while the channel is switched off, and
`SETTINGS` when it has settings of its own. Two modules for one channel are a mistake, told at start.
"""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import activities
from activities.channel import ChannelAdapter
from config.sections import ChannelSettings
from config.settings import Settings
from domain.errors import ConfigurationError
from domain.vocabulary import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One channel as its module declares it."""

    channel: Channel
    module: str
    create: Callable[[Settings], ChannelAdapter | None]
    settings: type[ChannelSettings] | None


def declared_channels(package: ModuleType = activities) -> dict[Channel, Declared]:
    """Every channel that a module of the package declares, in the order of the vocabulary.

    Raises ConfigurationError for two modules of one channel, or for one that is declared by halves.
    """
    found: dict[Channel, Declared] = {}
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        declared = _declared(import_module(info.name))
        if declared is None:
            continue
        if declared.channel in found:
            raise ConfigurationError(
                f"channel {declared.channel.value} is declared by {found[declared.channel].module} and by "
                f"{declared.module}: keep one of them"
            )
        found[declared.channel] = declared
    return {channel: found[channel] for channel in Channel if channel in found}


def create_adapters(settings: Settings) -> dict[Channel, ChannelAdapter]:
    """One adapter per channel that is switched on.

    Raises ConfigurationError with the problems of every channel, one line each.
    """
    adapters, problems = {}, []
    for channel, declared in declared_channels().items():
        try:
            adapter = declared.create(settings)
        except ConfigurationError as error:
            problems.append(str(error))
        else:
            if adapter is not None:
                adapters[channel] = adapter
    if problems:
        raise ConfigurationError("\n".join(problems))
    return adapters


def _declared(module: ModuleType) -> Declared | None:
    """What a module declares; None for one that is no channel."""
    channel = getattr(module, "CHANNEL", None)
    if channel is None:
        return None
    create, section = getattr(module, "create", None), getattr(module, "SETTINGS", None)
    if not isinstance(channel, Channel) or not callable(create):
        raise ConfigurationError(f"{module.__name__}: a channel's module has a CHANNEL and a create(settings)")
    if section is not None and not (isinstance(section, type) and issubclass(section, ChannelSettings)):
        raise ConfigurationError(f"{module.__name__}: SETTINGS must be a class of ChannelSettings")
    return Declared(channel=channel, module=module.__name__, create=create, settings=section)
