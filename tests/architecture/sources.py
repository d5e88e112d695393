"""The source files of the house as syntax trees, for tests about its shape."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = tuple(sorted(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"))


@cache
def committed() -> tuple[Path, ...]:
    """Every Python file that git knows; without git, every one outside of hidden folders."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        return tuple(path for name in listed.splitlines() if (path := ROOT / name).exists())
    except (OSError, subprocess.CalledProcessError):
        found = ROOT.rglob("*.py")
        return tuple(path for path in found if not any(part.startswith(".") for part in path.relative_to(ROOT).parts))


def files_of(package: str) -> tuple[Path, ...]:
    """The committed files of one package."""
    return tuple(path for path in committed() if path.relative_to(ROOT).parts[0] == package)


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path: Path) -> set[str]:
    """Every module that the file imports, wherever in the file, by its full name."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def top_imports_of(path: Path) -> set[str]:
    """The top-level packages that the file imports."""
    return {name.split(".")[0] for name in imports_of(path)}


def name(path: Path) -> str:
    """The file as one writes it: relative to the root."""
    return path.relative_to(ROOT).as_posix()
