"""The shape of the house: what may import what, how long a file may be, where no clock is read."""

import ast
import sys

import pytest

from tests.architecture import state_diagram
from tests.architecture.sources import PACKAGES, ROOT, committed, files_of, imports_of, name, top_imports_of, tree

SHELLS = ("worker", "starter")
MAY_IMPORT_SHELLS = {"rehearsal", "bench", "tests", "starter.py", "worker.py"}
LONGEST = 400


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_what_lives_there_and_what_it_may_import(package: str) -> None:
    text = ast.get_docstring(tree(ROOT / package / "__init__.py")) or ""
    assert text.splitlines()[0].endswith((".", ":")), f"{package}/__init__.py must open with one sentence"
    assert "May import" in text, f"{package}/__init__.py must say what it may import"


def test_every_module_opens_with_what_it_is_for() -> None:
    silent = [name(path) for path in committed() if path.stat().st_size > 0 and not ast.get_docstring(tree(path))]
    allowed = [each for each in silent if "/migrations/" in each or each.endswith("__init__.py")]
    assert sorted(set(silent) - set(allowed)) == []


def test_no_file_is_longer_than_a_sitting() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in committed()}
    allowed = {each for each in lengths if each.startswith("tests/")}
    assert {each: count for each, count in lengths.items() if count > LONGEST and each not in allowed} == {}


def test_nothing_but_processes_and_tests_imports_the_shells() -> None:
    wrong = {
        name(path): sorted(top_imports_of(path) & set(SHELLS))
        for path in committed()
        if path.relative_to(ROOT).parts[0] not in MAY_IMPORT_SHELLS and top_imports_of(path) & set(SHELLS)
    }
    assert wrong == {}


def test_the_core_imports_the_standard_library_and_itself() -> None:
    allowed = set(sys.stdlib_module_names) | {"domain"}
    assert {name(path): extra for path in files_of("domain") if (extra := top_imports_of(path) - allowed)} == {}


def test_workflow_files_import_the_core_temporal_and_the_standard_library() -> None:
    allowed = set(sys.stdlib_module_names) | {"domain", "workflows", "temporalio"}
    assert {name(path): extra for path in files_of("workflows") if (extra := top_imports_of(path) - allowed)} == {}


def test_no_workflow_file_does_zone_arithmetic() -> None:
    # `datetime.astimezone(ZoneInfo(...))` fails in the sandbox, and the workflow task is then tried for ever.
    for path in files_of("workflows"):
        assert not {"zoneinfo", "domain.calendar"} & imports_of(path), name(path)
        called = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
        assert "astimezone" not in called, name(path)


CLOCKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "monotonic", "perf_counter", "sleep"},
    "uuid": {"uuid1", "uuid4"},
    "os": {"urandom", "environ", "getenv"},
}
CHANCE = {"random", "secrets"}


@pytest.mark.parametrize("package", ["domain", "workflows"])
def test_the_core_and_the_workflows_read_no_clock_and_throw_no_dice(package: str) -> None:
    for path in files_of(package):
        assert not CHANCE & top_imports_of(path), name(path)
        read = [
            f"{node.value.id}.{node.attr}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.attr in CLOCKS.get(node.value.id, set())
        ]
        assert read == [], name(path)


def _string_constants(paths: tuple[object, ...]) -> dict[str, str]:
    """Names bound to a text at the top of these files: the activity names of `workflows.messages`."""
    found: dict[str, str] = {}
    for path in paths:
        for node in tree(path).body:  # type: ignore[arg-type]
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                value = node.value.value
                if isinstance(value, str):
                    found |= {target.id: value for target in node.targets if isinstance(target, ast.Name)}
    return found


NAMES = _string_constants(tuple(files_of("workflows")))
EXECUTES = {"execute_activity", "start_activity", "execute_local_activity", "start_local_activity"}


def _called_by_workflows() -> set[str]:
    """Activities that a workflow calls: by the constant of its name, or by the kind of a step's action."""
    actions = {
        node.value.value
        for path in files_of("domain")
        if path.name == "step.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id == "kind"
        and isinstance(node.value, ast.Constant)
    }
    called: set[str] = set()
    for path in files_of("workflows"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in EXECUTES:
                target = node.args[0]
                if isinstance(target, ast.Name) and target.id in NAMES:
                    called.add(NAMES[target.id])
                else:  # the action's own kind is the activity's name; a rest is no activity
                    called |= actions - {"rest"}
    return called


def _offered_by_the_worker() -> set[str]:
    """The names of the activities whose methods `create_worker` registers."""
    defined: dict[str, str] = {}
    for path in files_of("activities"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in node.decorator_list:
                    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "activity.defn":
                        constant = ast.unparse(decorator.keywords[0].value)
                        defined[node.name] = NAMES[constant]
    registered: set[str] = set()
    for node in ast.walk(tree(ROOT / "worker.py")):
        if isinstance(node, ast.keyword) and node.arg == "activities" and isinstance(node.value, ast.List):
            registered = {each.attr for each in node.value.elts if isinstance(each, ast.Attribute)}
    assert set(defined) == registered, "an activity that is defined is registered, and nothing else"
    return {defined[method] for method in registered}


def test_every_activity_of_the_worker_is_called_by_a_workflow_and_the_other_way_round() -> None:
    assert _called_by_workflows() == _offered_by_the_worker()


def test_the_state_diagram_is_what_the_table_says() -> None:
    assert state_diagram.PAGE.read_text(encoding="utf-8") == state_diagram.draw(), (
        "the table has changed: python -m tests.architecture.state_diagram --write"
    )
