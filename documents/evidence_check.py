"""Proving a bundle of evidence from itself alone: every file, the manifest, the chain of verdicts, the sums, the words.

What is wrong is named, the first thing first. Whoever rewrites all of a bundle consistently makes another bundle,
with another hash: against that helps the hash that was told to others, and the case database, which keeps it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from casedb.audit import Break, first_break
from casedb.message_texts import hash_of
from casedb.verdicts import SEALED, ChainHead
from documents.archive import ArchivedFile, read_archive, write_archive
from documents.evidence_bundle import FORMAT, MANIFEST, as_json, digest
from domain.errors import InvalidInput

_ROWS = TypeAdapter(list[dict[str, Any]])
_CHAIN = {
    Break.CHANGED: "was changed",
    Break.MISSING: "is missing",
    Break.REORDERED: "stands in another place",
    Break.ADDED: "was added",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a bundle is, and the first thing that is wrong with it."""

    sha256: str
    """Of the whole file."""
    case_id: str = ""
    created_at: str = ""
    files: int = 0
    head: ChainHead | None = None
    """Of its chain of verdicts; None when there is no manifest to tell."""
    fault: str = ""
    """A sentence; empty for a bundle that is as it was made."""

    @property
    def holds(self) -> bool:
        """Whether nothing was altered."""
        return not self.fault


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Head(_Strict):
    number: int
    hash: str


class _Listed(_Strict):
    name: str
    bytes: int
    sha256: str


class _Manifest(_Strict):
    format: str
    case_id: str
    account_id: str
    created_at: str
    audit_chain: _Head
    files: list[_Listed]


def check_bundle(content: bytes) -> Proof:
    """Look over a bundle; never raises for what is in it."""
    whole = digest(content)
    try:
        files = read_archive(content)
        manifest = _read_manifest(files)
    except InvalidInput as error:
        return Proof(sha256=whole, fault=str(error))
    fault = next(_faults(content, files, manifest), "")
    return Proof(
        sha256=whole,
        case_id=manifest.case_id,
        created_at=manifest.created_at,
        files=len(manifest.files),
        head=ChainHead(manifest.audit_chain.number, manifest.audit_chain.hash),
        fault=fault,
    )


def _read_manifest(files: list[ArchivedFile]) -> _Manifest:
    found = next((file for file in files if file.name == MANIFEST), None)
    if found is None:
        raise InvalidInput(f"{MANIFEST} is missing")
    try:
        manifest = _Manifest.model_validate_json(found.content)
    except ValidationError:
        raise InvalidInput(f"{MANIFEST} was altered: it is not a manifest") from None
    if manifest.format != FORMAT:
        raise InvalidInput(f"{MANIFEST} says format {manifest.format!r}, and this program knows {FORMAT}")
    if as_json(manifest.model_dump()) != found.content:
        raise InvalidInput(f"{MANIFEST} was altered: it is not written as a manifest is")
    return manifest


def _faults(content: bytes, files: list[ArchivedFile], manifest: _Manifest) -> Iterator[str]:
    """Everything that is wrong, in the order in which it matters."""
    yield from _listing_faults([file.name for file in files], [MANIFEST, *(each.name for each in manifest.files)])
    by_name = {file.name: file.content for file in files}
    for listed in manifest.files:
        if len(by_name[listed.name]) != listed.bytes or digest(by_name[listed.name]) != listed.sha256:
            yield f"{listed.name} was altered: its SHA-256 is not that of the manifest"
    yield from _data_faults(by_name, manifest)
    if write_archive(files) != content:
        yield "the archive was altered around its files: made again from them, it is not the same"


def _listing_faults(found: list[str], expected: list[str]) -> Iterator[str]:
    counted = Counter(found)
    yield from (f"{name} is missing" for name in expected if name not in counted)
    yield from (f"{name!r} was added" for name in found if name not in set(expected))
    yield from (f"{name} stands twice" for name, times in counted.items() if times > 1)
    if found != expected:
        first = next(name for name, wanted in zip(found, expected, strict=False) if name != wanted)
        yield f"{first} stands in another place than it was written"


def _data_faults(by_name: dict[str, bytes], manifest: _Manifest) -> Iterator[str]:
    """What the data says of itself: the seals of verdicts, the sums of the account, the hashes of words."""
    try:
        verdicts, statement, messages = (
            _ROWS.validate_json(by_name[f"data/{name}.json"]) for name in ("verdicts", "statement", "messages")
        )
        yield from _chain_faults(verdicts, manifest)
        yield from _sum_faults(statement)
        for row in messages:
            if (row["subject"] or row["body"]) and hash_of(row["subject"], row["body"]) != row["sha256"]:
                yield f"data/messages.json: the words of {row['message_id']} are not those of their hash"
    except (KeyError, TypeError, ValueError, IndexError):
        yield "data/ was altered: it does not have the form of a bundle"


def _chain_faults(verdicts: list[dict[str, Any]], manifest: _Manifest) -> Iterator[str]:
    for row in verdicts:
        if set(row) != {*SEALED, "hash"} or row["case_id"] != manifest.case_id:
            yield f"data/verdicts.json: verdict {row.get('number')} is not one of case {manifest.case_id}"
    broken = first_break(verdicts, manifest.audit_chain.number, manifest.audit_chain.hash)
    if broken is not None:
        yield f"data/verdicts.json: the chain is broken: verdict {broken[0]} {_CHAIN[broken[1]]}"


def _sum_faults(statement: list[dict[str, Any]]) -> Iterator[str]:
    balance = 0
    for row in statement:
        balance += row["amount_minor"]
        if row["balance_minor"] != balance:
            yield f"data/statement.json: after entry {row['entry_id']} the balance is not the sum of the entries"
