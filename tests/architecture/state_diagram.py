"""The state diagram of a case, drawn from the table that the code goes by.

python -m tests.architecture.state_diagram --write   writes docs/state-diagram.md
"""

import re
import sys
from pathlib import Path

from domain.case import TRANSITIONS
from domain.events import EVENT_TYPES, Fact
from domain.vocabulary import Stage

PAGE = Path(__file__).parents[2] / "docs" / "state-diagram.md"

_TOP = """\
# The stages of a case

Drawn from `TRANSITIONS` in `domain/case.py` by `python -m tests.architecture.state_diagram --write`; a test fails when
this page and the table differ. A case changes by facts alone. A stage only moves forward, and every stage takes every
fact: what is not drawn leaves the stage as it is, and changes at most what the case remembers (balance, holds, promise,
plan, approval).
"""


def _words(event: type[Fact]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", event.__name__).lower()


def _moves(stage: Stage) -> dict[Stage, list[str]]:
    """Each other stage that this one may lead to, with the facts that lead there."""
    moves: dict[Stage, list[str]] = {}
    for event in EVENT_TYPES:
        for target in TRANSITIONS[stage][event].leads_to:
            if target is not stage:
                moves.setdefault(target, []).append(_words(event))
    return {target: moves[target] for target in Stage if target in moves}


def _diagram() -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {Stage.REMINDER}"]
    for stage in Stage:
        lines += [f"    {stage} --> {target}: {', '.join(facts)}" for target, facts in _moves(stage).items()]
    return "\n".join([*lines, f"    {Stage.CLOSED} --> [*]", "```"])


def _table() -> str:
    """Every stage times every fact: the stages that may follow."""
    lines = [
        "| fact | " + " | ".join(stage.value for stage in Stage) + " |",
        "| --- " * (len(Stage) + 1) + "|",
    ]
    for event in EVENT_TYPES:
        cells = [_cell(stage, TRANSITIONS[stage][event].leads_to) for stage in Stage]
        lines.append(f"| {_words(event)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(stage: Stage, targets: tuple[Stage, ...]) -> str:
    return ", ".join("·" if target is stage else target.value for target in targets)


def draw() -> str:
    """The whole page."""
    about = "Every stage times every fact. `·` is the stage itself; a closed case only keeps its ledger true."
    return "\n".join([_TOP, _diagram(), "", about, "", _table(), ""])


def main(arguments: list[str]) -> int:
    """Print the page, or write it."""
    if arguments == ["--write"]:
        PAGE.write_text(draw(), encoding="utf-8")
    else:
        sys.stdout.write(draw())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
