"""The command sequence of each workflow, read off its source: `python -m tests.architecture.fingerprints`.

A case sleeps for months, and what it was told is replayed under today's code. Committed histories (`tests/workflows`)
show that for the ways they went; this shows it for every way: what a workflow may ask of the server, in order, under
which branch. It is read from the syntax alone: comments, local names, timeouts and summaries do not count, and a
helper's commands stand where it is called.
"""

import ast
import difflib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
BASELINE = Path(__file__).with_suffix(".json")
Fingerprint = dict[str, list[str]]
"""Of one workflow: each entry (`run`, `signal NAME`, ...) with the lines of its commands."""

HOW = """
A command of a workflow is another than it was. Cases that sleep would stand still at it (TMPRL1100).

1. Keep the old commands for the histories that have them:
       if workflow.patched("what-is-new"):
           ...the new commands
       else:
           ...the old ones
2. Record a history of the new way: python -m tests.workflows.record_histories NAME
3. Replay the committed ones and those of live cases:
       python -m pytest tests/workflows/test_replay.py
       python starter.py replay --all-running 500
4. Then accept the new sequence, and commit it together with the change:
       python -m tests.architecture.fingerprints --accept

docs/changing-workflows.md walks through it. When no command changed for any history (a condition was only written
another way, a workflow is new), step 4 is enough.
"""

_NAMED = {
    f"{verb}_{sort}activity{by}": f"{word}activity"
    for verb in ("execute", "start")
    for sort, word in (("", ""), ("local_", "local "))
    for by in ("", "_method", "_class")
} | {"execute_child_workflow": "child workflow", "start_child_workflow": "child workflow"}
_PLAIN = {
    "sleep": "timer",
    "upsert_search_attributes": "search attributes",
    "upsert_memo": "memo",
    "continue_as_new": "continue as new",
}
_PATCHES = {"patched": "patch", "deprecate_patch": "deprecated patch"}
_NO_COMMAND = frozenset(
    {
        *("now", "time", "time_ns", "info", "uuid4", "uuid7", "random", "new_random", "all_handlers_finished"),
        *("set_current_details", "get_current_details", "current_update_info", "in_workflow", "memo", "memo_value"),
        *("metric_meter", "payload_converter", "extern_functions", "cancellation_reason", "instance", "unsafe"),
    }
)
_ENTRIES = ("run", "signal", "update", "query")
_JUMPS = {ast.Return: "return", ast.Raise: "raise", ast.Break: "break", ast.Continue: "continue"}
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class _Line:
    """A command, or what commands stand under, with the lines below it."""

    text: str
    is_command: bool = False
    below: tuple["_Line", ...] = ()

    def commands(self) -> bool:
        return self.is_command or any(line.commands() for line in self.below)


def sources() -> dict[str, str]:
    """Every module of `workflows` with its source."""
    return {f"workflows.{path.stem}": path.read_text() for path in sorted((ROOT / "workflows").glob("*.py"))}


def fingerprints(modules: Mapping[str, str]) -> dict[str, Fingerprint]:
    """Every workflow in these modules with its command sequences."""
    parsed = {name: ast.parse(text) for name, text in modules.items()}
    found = {}
    for name, module in sorted(parsed.items()):
        for node in module.body:
            if isinstance(node, ast.ClassDef) and (defined := _decorator(node, "defn")) is not None:
                found[_given_name(defined, parsed, name) or node.name] = _entries(node, name, parsed)
    return found


def _entries(defined: ast.ClassDef, module: str, parsed: Mapping[str, ast.Module]) -> Fingerprint:
    methods = {node.name: node for node in defined.body if isinstance(node, _FUNCTION)}
    entries = {}
    for method in methods.values():
        for kind in _ENTRIES:
            if (decorator := _decorator(method, kind)) is not None:
                told = _given_name(decorator, parsed, module) or method.name
                reader = _Reader(module=module, parsed=parsed, methods=methods)
                entries["run" if kind == "run" else f"{kind} {told}"] = list(_written(reader.function(method)))
    return dict(sorted(entries.items()))


def _decorator(node: ast.ClassDef | _Function, kind: str) -> ast.expr | None:
    """The decorator `@workflow.KIND`, with or without arguments."""
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if ast.unparse(target) == f"workflow.{kind}":
            return decorator
    return None


def _given_name(decorator: ast.expr, parsed: Mapping[str, ast.Module], module: str) -> str | None:
    if isinstance(decorator, ast.Call):
        for keyword in decorator.keywords:
            if keyword.arg == "name":
                return _constant(keyword.value, parsed, module)
    return None


def _constant(node: ast.expr, parsed: Mapping[str, ast.Module], module: str) -> str | None:
    """The text of a literal, or of a constant of these modules; None when it is known at run time only."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.Name):
        return None
    home = _home(node.id, module, parsed)
    if home is None:
        return None
    for statement in ast.walk(parsed[home]):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Constant):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(isinstance(target, ast.Name) and target.id == node.id for target in targets):
                return str(statement.value.value)
    return None


def _home(name: str, module: str, parsed: Mapping[str, ast.Module]) -> str | None:
    """The module of ours that a name comes from."""
    for node in ast.walk(parsed[module]):
        if isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == name for alias in node.names):
            return node.module if node.module in parsed else None
    return module


@dataclass(slots=True)
class _Reader:
    """Reads functions of one workflow; a helper is read where it is called."""

    module: str
    parsed: Mapping[str, ast.Module]
    methods: Mapping[str, _Function]
    under_way: list[str] = field(default_factory=list)
    _locals: frozenset[str] = frozenset()

    def function(self, node: _Function) -> tuple[_Line, ...]:
        """The lines of its commands; none when it has no command."""
        if node.name in self.under_way:
            return (_Line("again", is_command=True),)
        outside, self._locals = self._locals, frozenset(_local_names(node))
        self.under_way.append(node.name)
        lines = self._block(node.body)
        self.under_way.pop()
        self._locals = outside
        if lines and lines[-1].text == "return":
            lines = lines[:-1]
        return lines if any(line.commands() for line in lines) else ()

    def _block(self, body: Iterable[ast.stmt]) -> tuple[_Line, ...]:
        return tuple(line for statement in body for line in self._statement(statement))

    def _statement(self, node: ast.stmt) -> Iterator[_Line]:
        if isinstance(node, ast.If | ast.While | ast.For | ast.AsyncFor):
            yield from self._conditional(node)
        elif isinstance(node, ast.Try | ast.TryStar):
            caught = [(f"except {ast.unparse(each.type) if each.type else ''}:", each.body) for each in node.handlers]
            yield from self._parts(("try:", node.body), *caught, ("else:", node.orelse), ("finally:", node.finalbody))
        elif isinstance(node, ast.Match):
            yield from self._expression(node.subject)
            yield from self._parts(*((f"case {ast.unparse(each.pattern)}:", each.body) for each in node.cases))
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                yield from self._expression(item.context_expr)
            yield from self._block(node.body)
        elif not isinstance(node, (*_FUNCTION, ast.ClassDef)):
            yield from self._expression(node)
            if (jump := _JUMPS.get(type(node))) is not None:
                yield _Line(jump)

    def _conditional(self, node: ast.If | ast.While | ast.For | ast.AsyncFor) -> Iterator[_Line]:
        """The condition stands without local names; what it asks of the server stands before it, or in the loop."""
        if isinstance(node, ast.While):
            body = [ast.Expr(node.test), *node.body]
            yield from self._parts((f"while {self._named(node.test)}:", body), ("else:", node.orelse))
            return
        head, asked = ("if", node.test) if isinstance(node, ast.If) else ("for each of", node.iter)
        yield from self._expression(asked)
        yield from self._parts((f"{head} {self._named(asked)}:", node.body), ("else:", node.orelse))

    def _parts(self, *parts: tuple[str, Iterable[ast.stmt]]) -> Iterator[_Line]:
        """Branches with something in them; the first stands also empty when a later one does not."""
        read = [(head, self._block(body)) for head, body in parts]
        for number, (head, below) in enumerate(read):
            if below or (number == 0 and any(lines for _, lines in read)):
                yield _Line(head, below=below)

    def _expression(self, node: ast.AST) -> Iterator[_Line]:
        """Commands in the order in which they are evaluated: what a call is given comes before the call."""
        if isinstance(node, ast.Lambda):
            return
        if isinstance(node, ast.IfExp):
            yield from self._expression(node.test)
            chosen, otherwise = ([ast.Expr(node.body)], [ast.Expr(node.orelse)])
            yield from self._parts((f"if {self._named(node.test)}:", chosen), ("else:", otherwise))
            return
        for child in ast.iter_child_nodes(node):
            yield from self._expression(child)
        if isinstance(node, ast.Call):
            yield from self._call(node)

    def _call(self, node: ast.Call) -> Iterator[_Line]:
        called = ast.unparse(node.func)
        if called in {"asyncio.sleep", "asyncio.wait_for", "asyncio.timeout"}:
            yield _Line("timer", is_command=True)
        elif called.startswith("workflow.") and called.count(".") == 1:
            yield from self._asked(called.removeprefix("workflow."), node)
        elif called.startswith("self.") and (method := self.methods.get(called.removeprefix("self."))) is not None:
            yield from self._followed(method)
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "signal":
            yield _Line("signal to another workflow", is_command=True)
        elif isinstance(node.func, ast.Name) and (function := self._function_named(called)) is not None:
            yield from self._followed(function)

    def _asked(self, what: str, node: ast.Call) -> Iterator[_Line]:
        """A call of Temporal's own module; one that is not known here counts, for it may be a command."""
        if what in _NAMED:
            yield _Line(f"{_NAMED[what]} {self._given(node)}", is_command=True)
        elif what in _PATCHES:
            yield _Line(f"{_PATCHES[what]} {self._given(node)}", is_command=True)
        elif what == "wait_condition":
            timed = any(keyword.arg == "timeout" for keyword in node.keywords)
            yield _Line("wait with a timer" if timed else "wait", is_command=True)
        elif what not in _NO_COMMAND and not what.startswith("logger"):
            yield _Line(_PLAIN.get(what, f"workflow.{what}"), is_command=True)

    def _followed(self, function: _Function) -> Iterator[_Line]:
        lines = self.function(function)
        leaves = any(_has_return(line) for line in lines)
        yield from (_Line("do:", below=lines),) if leaves else lines

    def _function_named(self, name: str) -> _Function | None:
        home = _home(name, self.module, self.parsed)
        body = self.parsed[home].body if home is not None else []
        return next((node for node in body if isinstance(node, _FUNCTION) and node.name == name), None)

    def _given(self, node: ast.Call) -> str:
        if not node.args:
            return "?"
        return _constant(node.args[0], self.parsed, self.module) or f"<{self._named(node.args[0])}>"

    def _named(self, node: ast.expr) -> str:
        """The expression with every local name, and what is waited for, as an underscore."""
        return ast.unparse(_Nameless(self._locals).visit(ast.parse(ast.unparse(node), mode="eval")))


class _Nameless(ast.NodeTransformer):
    def __init__(self, names: frozenset[str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name("_", node.ctx) if node.id in self.names else node

    def visit_Await(self, node: ast.Await) -> ast.Name:
        return ast.Name("_", ast.Load())

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg("_")


def _local_names(function: _Function) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg) and node.arg != "self":
            yield node.arg
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name


def _has_return(line: _Line) -> bool:
    return line.text == "return" or (line.text != "do:" and any(map(_has_return, line.below)))


def _written(lines: Iterable[_Line], indent: str = "") -> Iterator[str]:
    for line in lines:
        yield indent + line.text
        yield from _written(line.below, indent + "  ")


def difference(before: Mapping[str, Fingerprint], now: Mapping[str, Fingerprint]) -> str:
    """What is another than it was, as a diff that a person reads; empty when nothing is."""
    lines: list[str] = []
    for name in sorted({*before, *now}):
        for entry in sorted({*before.get(name, {}), *now.get(name, {})}):
            was, new = before.get(name, {}).get(entry), now.get(name, {}).get(entry)
            if was != new:
                lines.append(f"{name}, {entry}:{' is gone' if new is None else ' is new' if was is None else ''}")
                told = difflib.unified_diff(was or [], new or [], lineterm="", n=3)
                lines += [f"    {line}" for line in told if not line.startswith(("---", "+++", "@@"))]
    return "\n".join(lines)


def baseline() -> dict[str, Fingerprint]:
    """The committed sequences."""
    known: dict[str, Fingerprint] = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    return known


def main(arguments: list[str]) -> int:
    """Show what differs from the baseline (ends with 1), or accept it with `--accept`."""
    now = fingerprints(sources())
    told = difference(baseline(), now)
    if arguments == ["--accept"]:
        BASELINE.write_text(json.dumps(now, indent=2) + "\n")
        print(told or "nothing is another than it was")
        return 0
    if arguments:
        print("usage: python -m tests.architecture.fingerprints [--accept]", file=sys.stderr)
        return 2
    print(told + "\n" + HOW if told else "every workflow has the commands of its baseline")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
