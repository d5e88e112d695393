"""One YAML rule file as values with the line of every key, read once and never guessed at.

The reading is stricter than YAML 1.1: a scalar is text unless it is plainly `true`, `false`, `null` or a whole
number. So `10:00` is a time and not 600, `0.10` keeps its digits for exact money, and `no` is a word. A key that
stands twice, an alias and a tag are refused, because a reviewer would not see what they do.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.composer import Composer
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # PyYAML's stubs do not say so
from yaml.resolver import Resolver

from config.fields import reason_of
from domain.errors import ConfigurationError

Key = str | int
KeyPath = tuple[Key, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file's content as dicts, lists, texts, whole numbers and booleans."""

    path: Path
    version: str
    """The first twelve hex digits of the SHA-256 of the file."""
    text: str = field(repr=False)
    data: object
    lines: dict[KeyPath, int] = field(repr=False)

    def problem(self, path: KeyPath, reason: str) -> str:
        """One line that names file, line, key and reason; a key that is missing is placed at its parent."""
        known = path
        while known not in self.lines:
            known = known[:-1]
        return f"{self.path.name}:{self.lines[known]} {dotted(path)}: {reason}"


def dotted(path: KeyPath) -> str:
    """A path as people write it: `stages.reminder.touches[1].offset_days`."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text or "(the file)"


def rule_files(directory: Path) -> list[Path]:
    """The YAML files of a directory by name. Raises ConfigurationError when there are none."""
    files = sorted(directory.glob("*.yaml")) if directory.is_dir() else []
    if not files:
        raise ConfigurationError(f"{directory}: no *.yaml file here; name the directory that has them")
    return files


def read_document(path: Path) -> Document:
    """Read one file. Raises ConfigurationError with file and line for anything that is not plain YAML."""
    try:
        raw = path.read_bytes()
        text = raw.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path.name}: cannot be read as UTF-8 text: {error}") from None
    return read_text(path, text)


def read_text(path: Path, text: str) -> Document:
    """Read a text as the content of a file of that name. Raises as `read_document`."""
    try:
        root = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{path.name}:{line} not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path.name}:1 not valid YAML: {error}") from None
    reading = _Reading(path.name)
    data = {} if root is None else reading.value(root, ())
    if reading.problems:
        raise ConfigurationError("\n".join(reading.problems))
    return Document(path=path, version=version_of(text), text=text, data=data, lines=reading.lines)


def version_of(text: str) -> str:
    """The first twelve hex digits of the SHA-256 of the text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_model(document: Document, model: type[ModelT]) -> ModelT:
    """The document's content as a model. Raises ConfigurationError with every problem on a line of its own."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        problems = [document.problem(_own_keys(item["loc"]), reason_of(item)) for item in error.errors()]
    raise ConfigurationError("\n".join(problems))


def refuse_all(problems: Iterable[str]) -> None:
    """Raise ConfigurationError with one line per problem; do nothing when there are none."""
    lines = list(problems)
    if lines:
        raise ConfigurationError("\n".join(lines))


def _own_keys(location: tuple[Key, ...]) -> KeyPath:
    """Pydantic appends `[key]` when a mapping's key is wrong; the file has only the key."""
    return location[:-1] if location and location[-1] == "[key]" else location


class _Loader(Composer, CParser, Resolver):
    """Nodes of plain YAML: few scalars are anything but text, and there are neither aliases nor tags.

    The C library reads the text, several times faster than Python's own; the nodes are composed here.
    """

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Composer.__init__(self)
        Resolver.__init__(self)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse an alias or a tag where it stands."""
        event = self.peek_event()
        refusal = None
        if isinstance(event, yaml.AliasEvent):
            refusal = "aliases are not allowed: write it out"
        elif getattr(event, "tag", None) is not None:
            refusal = "tags are not allowed: write the value"
        if event is not None and refusal:
            raise yaml.MarkedYAMLError(problem=refusal, problem_mark=event.start_mark)  # type: ignore[arg-type]  # the C loader has a Mark of its own
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"^(?:true|false)$", "tf"),
    ("tag:yaml.org,2002:int", r"^-?(?:0|[1-9][0-9]{0,17})$", "-0123456789"),
    ("tag:yaml.org,2002:null", r"^(?:null|~|)$", ["n", "~", ""]),
):
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


class _Reading:
    """Turns nodes into values and remembers on which line each key stood."""

    def __init__(self, name: str) -> None:
        """Start with nothing read."""
        self.name = name
        self.lines: dict[KeyPath, int] = {(): 1}
        self.problems: list[str] = []

    def value(self, node: yaml.Node, path: KeyPath) -> object:
        """The node's value; problems are collected, not raised, so that all are told at once."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, object]:
        values: dict[str, object] = {}
        for key_node, child in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(f"{self.name}:{line} {dotted(path)}: a key must be a word")
                continue
            key = str(key_node.value)
            if key in values:
                self.problems.append(f"{self.name}:{line} {dotted((*path, key))}: stands twice; keep one")
                continue
            self.lines[*path, key] = line
            values[key] = self.value(child, (*path, key))
        return values


def _scalar(node: yaml.ScalarNode) -> object:
    text = str(node.value)
    match node.tag.removeprefix("tag:yaml.org,2002:"):
        case "bool":
            return text == "true"
        case "int":
            return int(text)
        case "null":
            return None
        case _:
            return text
