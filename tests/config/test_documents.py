"""Reading a rule file: plain values with exact lines, and nothing that a reviewer would not see."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.documents import Document, dotted, read_document, rule_files
from domain.errors import ConfigurationError


def read(directory: Path, text: str) -> Document:
    path = directory / "rule.yaml"
    path.write_text(text, encoding="utf-8")
    return read_document(path)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("10:00", "10:00"),
        ("1:30", "1:30"),
        ("0.10", "0.10"),
        ("1e3", "1e3"),
        ("no", "no"),
        ("on", "on"),
        ("2026-01-01", "2026-01-01"),
        ("010", "010"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("'5'", "5"),
        ("5", 5),
        ("-5", -5),
        ("true", True),
        ("null", None),
        ("", None),
        ("9" * 30, "9" * 30),
    ],
)
def test_a_scalar_is_text_unless_it_is_plainly_something_else(tmp_path: Path, written: str, value: object) -> None:
    assert read(tmp_path, f"key: {written}\n").data == {"key": value}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "rule.yaml:3 a: stands twice; keep one"),
        ("a:\n  - {b: 1, b: 2}\n", "rule.yaml:2 a[0].b: stands twice; keep one"),
        ("a: &x 1\nb: *x\n", "rule.yaml:2 not valid YAML: aliases are not allowed: write it out"),
        ("a: 1\nb: !!float 3\n", "rule.yaml:2 not valid YAML: tags are not allowed: write the value"),
        ("a: !!python/name:os.system\n", "rule.yaml:1 not valid YAML: tags are not allowed: write the value"),
        ("? [1]\n: 2\n", "rule.yaml:1 (the file): a key must be a word"),
        ("a: 1\n---\nb: 2\n", "rule.yaml:2 not valid YAML: but found another document"),
    ],
)
def test_what_a_reviewer_would_not_see_is_refused_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == told


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.yaml: cannot be read"):
        read_document(tmp_path / "none.yaml")
    (tmp_path / "raw.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match=r"raw\.yaml: cannot be read"):
        read_document(tmp_path / "raw.yaml")


def test_a_directory_without_rules_is_refused(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "absent"):
        with pytest.raises(ConfigurationError, match="no \\*\\.yaml file here"):
            rule_files(directory)


def test_the_version_is_the_hash_of_the_bytes(tmp_path: Path) -> None:
    first = read(tmp_path, "a: 1\n").version
    assert first == read(tmp_path, "a: 1\n").version
    assert first != read(tmp_path, "a: 1 # a comment counts\n").version
    assert len(first) == 12


def test_a_missing_key_is_placed_at_its_parent(tmp_path: Path) -> None:
    document = read(tmp_path, "a:\n  b:\n    - c: 1\n")
    assert document.problem(("a", "b", 0, "c"), "is odd") == "rule.yaml:3 a.b[0].c: is odd"
    assert document.problem(("a", "x", "y"), "is missing") == "rule.yaml:1 a.x.y: is missing"
    assert document.problem((), "is empty") == "rule.yaml:1 (the file): is empty"


words = st.text(st.characters(categories=("Ll", "Lo", "Nd")), min_size=1, max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=12,
)


@given(value=st.dictionaries(words, values, min_size=1, max_size=4))
def test_whatever_yaml_writes_is_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, object]
) -> None:
    # A double-quoted style for texts, since plain `1.5` is text to us and a number to the writer's other readers.
    text = yaml.dump(value, Dumper=_Quoting, allow_unicode=True)
    document = read(tmp_path_factory.mktemp("round"), text)
    assert document.data == value
    assert all(1 <= line <= text.count("\n") + 1 for line in document.lines.values())


@given(path=st.lists(words | st.integers(0, 99), max_size=5))
def test_a_path_reads_as_people_write_it(path: list[str | int]) -> None:
    assert dotted(tuple(path)).count("[") == sum(isinstance(key, int) for key in path)


class _Quoting(yaml.SafeDumper):
    """Writes texts in quotes and never an alias."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
