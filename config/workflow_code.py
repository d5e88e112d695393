"""The code of workflows, read once: every run of a worker has that with which the worker began.

The SDK's sandbox imports a workflow's file anew for each run, from disk. A deployment that writes over the files of a
worker that still runs would give its next run the new code under the old build's name; and each run would look the
files up and read them on the worker's one event loop, and compile them where Python may not keep what it compiled
(PYTHONDONTWRITEBYTECODE, as in many images). Here the second run gets the code objects of the first.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType

_Key = tuple[str, tuple[str, ...] | None]


class _Remembered(SourceFileLoader):
    """A module's code, without its file."""

    def __init__(self, name: str, path: str, code: CodeType | None) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType | None:
        """See the base class."""
        return self._code


class CodeMemory:
    """What a worker has read; each has its own."""

    def __init__(self) -> None:
        self._known: dict[_Key, tuple[_Remembered, list[str] | None]] = {}

    @contextmanager
    def used(self) -> Iterator[None]:
        """While a run is created: its modules come from here once they were read."""
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)
        before = _in_use.set(self)
        try:
            yield
        finally:
            _in_use.reset(before)

    def find(self, name: str, path: Sequence[str] | None) -> ModuleSpec | None:
        """The module as it was first read; None for what is no plain source file."""
        key = name, None if path is None else tuple(path)
        if key not in self._known:
            spec = PathFinder.find_spec(name, path)
            if spec is None or not isinstance(spec.loader, SourceFileLoader):
                return None
            loader = _Remembered(name, spec.loader.path, spec.loader.get_code(name))
            self._known[key] = loader, spec.submodule_search_locations
        loader, within = self._known[key]
        return spec_from_file_location(name, loader.path, loader=loader, submodule_search_locations=within)


_in_use: ContextVar[CodeMemory | None] = ContextVar("_in_use", default=None)
"""The imports of everybody else are none of our business."""


class _Finder(MetaPathFinder):
    """Asks the memory in use, if there is one."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See the base class."""
        memory = _in_use.get()
        return memory.find(fullname, path) if memory is not None else None


_finder = _Finder()
