"""The sweep before its invariants, and as it may come to be: the builds of docs/changing-workflows.md.

Each is the source of `workflows.sweep` with that one statement another way, in a module of its own.
"""

import importlib
from enum import StrEnum
from pathlib import Path

from workflows import sweep

TODAY = "checked = await self._check() if workflow.patched(INVARIANTS_CHECKED) else None"


class Build(StrEnum):
    """The statement of each build, in the order in which they are rolled out."""

    BEFORE = "checked = None"
    PATCHED = TODAY
    DEPRECATED = "workflow.deprecate_patch(INVARIANTS_CHECKED)\n        checked = await self._check()"
    DROPPED = "checked = await self._check()"

    def source(self) -> str:
        """The file as this build has it."""
        today = Path(sweep.__file__).read_text()
        assert today.count(TODAY) == 1, "workflows/sweep.py has moved on: mend this, and docs/changing-workflows.md"
        return today.replace(TODAY, self.value)

    @property
    def module(self) -> str:
        """The module that holds it."""
        return f"sweep_{self.name.lower()}"

    def workflow(self, directory: Path) -> type:
        """The workflow of this build, imported from that directory, which must be on the path."""
        (directory / f"{self.module}.py").write_text(self.source())
        importlib.invalidate_caches()
        made: type = importlib.import_module(self.module).DelinquencySweepWorkflow
        return made
