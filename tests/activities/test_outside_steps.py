"""Kinds of outside steps are found by their own modules; two for one kind, or a half one, is told at start."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from activities.escalation.outside_steps import create_steps
from config.settings import load_settings
from domain.errors import ConfigurationError
from domain.escalation import OutsideKind
from tests.config.conftest import SANDBOX_URLS

Package = Callable[..., ModuleType]
GOOD = """
from domain.escalation import OutsideKind
KIND = OutsideKind.COURT_PACK
class Step:
    kind = KIND
def create(settings):
    return Step()
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Package:
    """A package of its own with these modules."""
    name = "steps_" + "".join(sign if sign.isalnum() else "_" for sign in request.node.name)

    def write(**modules: str) -> ModuleType:
        root = tmp_path / name
        root.mkdir()
        for module, text in {"__init__": "", **modules}.items():
            (root / f"{module}.py").write_text(text, encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        return __import__(name)

    return write


def steps_of(package: ModuleType) -> set[OutsideKind]:
    return set(create_steps(load_settings(None, **SANDBOX_URLS), package))


def test_a_module_that_declares_a_kind_is_its_step(package: Package) -> None:
    assert steps_of(package(court=GOOD, other="")) == {OutsideKind.COURT_PACK}


def test_a_kind_that_is_switched_off_is_not_there(package: Package) -> None:
    assert steps_of(package(court=GOOD.replace("return Step()", "return None"))) == set()


def test_two_modules_for_one_kind_are_refused(package: Package) -> None:
    with pytest.raises(ConfigurationError, match=r"court_pack is declared by .*one and by .*two"):
        steps_of(package(one=GOOD, two=GOOD))


@pytest.mark.parametrize(("old", "new"), [("OutsideKind.COURT_PACK", "'court_pack'"), ("def create", "def make")])
def test_a_kind_that_is_declared_by_halves_is_refused(package: Package, old: str, new: str) -> None:
    with pytest.raises(ConfigurationError, match="has a KIND and a create"):
        steps_of(package(court=GOOD.replace(old, new)))
