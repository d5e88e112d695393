"""A channel is found by its own file, and by nothing else."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from activities.registry import create_adapters, declared_channels
from config.settings import load_settings
from domain.errors import ConfigurationError
from domain.vocabulary import Channel
from tests.config.conftest import SANDBOX_URLS
from tests.config.test_settings import LIVE

HERE = "https://127.0.0.1"
EXAMPLE = Path(__file__).parents[2] / ".env.example"
PIGEON = """
from dataclasses import dataclass
from domain.vocabulary import Channel
CHANNEL = Channel.PUSH
@dataclass
class Pigeon:
    provider: str = "pigeon"
def create(settings):
    return Pigeon()
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A package with one channel in it; more files may be added."""
    folder = tmp_path / "aviary"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "pigeon.py").write_text(PIGEON)
    (folder / "nothing.py").write_text("X = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [each for each in sys.modules if each.partition(".")[0] == "aviary"]:
        monkeypatch.delitem(sys.modules, name)
    import importlib

    return importlib.import_module("aviary")


def test_every_channel_has_a_file_of_its_own() -> None:
    assert tuple(declared_channels()) == tuple(Channel)


def test_sms_and_email_are_always_on_and_the_others_wait_for_their_settings() -> None:
    assert tuple(create_adapters(load_settings(None, **SANDBOX_URLS))) == (Channel.SMS, Channel.EMAIL)


def test_the_example_file_explains_the_settings_of_every_channel() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for channel, declared in declared_channels().items():
        fields = declared.settings.model_fields if declared.settings else {}
        for name, field in fields.items():
            position = lines.index(f"AMICABLE_{channel.value.upper()}_{name.upper()}=")
            assert field.description
            assert lines[position - 1] == f"# {field.description}"


@pytest.mark.parametrize("name", ["push_url", "voice_web_url"])
def test_every_address_of_a_channel_is_held_to_the_mode(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"AMICABLE_{name.upper()}: sandbox mode only talks to this machine"):
        create_adapters(load_settings(None, **SANDBOX_URLS, **{name: "https://wallet.test"}))
    with pytest.raises(ConfigurationError, match=f"AMICABLE_{name.upper()}: live mode refuses this machine"):
        create_adapters(load_settings(None, **LIVE, push_secret="own", **{"push_url": "https://w.test", name: HERE}))


def test_a_new_file_is_a_new_channel(package: ModuleType) -> None:
    (found,) = declared_channels(package).values()
    assert (found.channel, found.module) == (Channel.PUSH, "aviary.pigeon")
    adapter = found.create(load_settings(None, **SANDBOX_URLS))
    assert adapter is not None
    assert adapter.provider == "pigeon"


def test_two_files_for_one_channel_are_a_mistake(package: ModuleType) -> None:
    (Path(package.__path__[0]) / "dove.py").write_text(PIGEON)
    with pytest.raises(ConfigurationError, match=r"push is declared by aviary\.dove and by aviary\.pigeon"):
        declared_channels(package)


@pytest.mark.parametrize(
    "half",
    [
        'CHANNEL = "push"\ndef create(settings): ...\n',
        "from domain.vocabulary import Channel\nCHANNEL = Channel.VOICE\n",
        "from domain.vocabulary import Channel\nCHANNEL = Channel.VOICE\nSETTINGS = int\ndef create(settings): ...\n",
    ],
)
def test_a_channel_declared_by_halves_is_refused(package: ModuleType, half: str) -> None:
    (Path(package.__path__[0]) / "half.py").write_text(half)
    with pytest.raises(ConfigurationError, match=r"aviary\.half"):
        declared_channels(package)


def test_the_problems_of_every_channel_are_told_together() -> None:
    settings = load_settings(None, **SANDBOX_URLS, push_url="https://wallet.test", social_private_from_number="12")
    with pytest.raises(ConfigurationError) as caught:
        create_adapters(settings)
    named = [line.partition(":")[0] for line in str(caught.value).splitlines()]
    assert named == ["AMICABLE_PUSH_URL", "AMICABLE_SOCIAL_PRIVATE_FROM_NUMBER"]
