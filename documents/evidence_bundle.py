"""The bundle of a case's evidence: one archive with the pages, the data, and a manifest of what is in it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from casedb.evidence import CaseFile
from documents.archive import ArchivedFile, write_archive
from documents.evidence_pages import draw_evidence

FORMAT = "amicable-evidence/1"
MANIFEST = "manifest.json"
PAGES = "evidence.pdf"
_SAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An archive that was made, and the name it should have."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """By which the whole archive is known; told to others, it proves the archive to them."""
        return digest(self.content)


def make_bundle(
    file: CaseFile, *, made_at: datetime, locale: str = "", beside: Sequence[ArchivedFile] = (), name: str = ""
) -> Bundle:
    """Put the file into an archive, in the person's language unless another is asked for, with what stands `beside`.

    The same file at the same instant is the same bytes.
    """
    files = [
        *beside,
        *(ArchivedFile(f"data/{section.name}.json", as_json(section.rows)) for section in file.sections),
        ArchivedFile(PAGES, draw_evidence(file, locale=locale or file.locale, made_at=made_at)),
    ]
    files.sort(key=lambda each: each.name)
    manifest = ArchivedFile(MANIFEST, as_json(_manifest(file, files, made_at)))
    named = name or f"evidence-{safe_name(file.case.case_id)}-{made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}.zip"
    return Bundle(name=named, content=write_archive([manifest, *files]))


def safe_name(told: str) -> str:
    """An id in letters that every disk takes."""
    return _SAFE.sub("-", told)


def as_json(value: Any) -> bytes:
    """JSON that people can read as well; the same value is the same bytes."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(content).hexdigest()


def _manifest(file: CaseFile, files: list[ArchivedFile], made_at: datetime) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "case_id": file.case.case_id,
        "account_id": file.case.account_id,
        "created_at": made_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "audit_chain": {"number": file.head.number, "hash": file.head.hash},
        "files": [{"name": each.name, "bytes": len(each.content), "sha256": digest(each.content)} for each in files],
    }
