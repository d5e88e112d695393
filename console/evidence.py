"""`evidence export` and `evidence verify`: a case's evidence in one archive, and the proof that it was not altered."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from activities.legal_files import put_file
from casedb.audit import seal_of
from casedb.engine import reading, writing
from casedb.evidence import CaseFile, read_case_file
from casedb.papers import NewPaper, find_by_hash, record_paper
from config.evidence import evidence_words
from console.output import plain, say, write_json
from console.session import session
from documents.evidence_bundle import Bundle, make_bundle
from documents.evidence_check import Proof, check_bundle
from domain.errors import InvalidInput
from domain.vocabulary import PaperKind

ALTERED = 1
"""Exit code when something is not as it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    case_id: str
    file: str
    sha256: str
    bytes: int
    head_number: int
    head_hash: str


def export(wanted: str, out: Path, locale: str, by: str, *, as_json: bool) -> int:
    """Read the case under its person's lock, then make the archive without it, and keep its hash."""
    if locale and evidence_words(locale)[2] != locale:
        raise InvalidInput(f"--locale {locale}: there are no words in that language; en and zh-CN have them")
    made_at = datetime.now(UTC)
    with session() as opened:
        with writing(opened.engine) as connection:
            file = read_case_file(connection, wanted)
        bundle = make_bundle(file, made_at=made_at, locale=locale)
        path = _put(out, bundle)
        _record(opened.engine, file, bundle, made_at, by)
    told = Exported(
        case_id=file.case.case_id,
        file=str(path),
        sha256=bundle.sha256,
        bytes=len(bundle.content),
        head_number=file.head.number,
        head_hash=file.head.hash,
    )
    if as_json:
        write_json(told)
        return 0
    say(f"{told.file}: {told.bytes:,} bytes about case {told.case_id}")
    say(f"SHA-256 {told.sha256}")
    say("It holds personal data: keep it as a legal file. Prove it with: python starter.py evidence verify FILE")
    return 0


def _put(out: Path, bundle: Bundle) -> Path:
    try:
        return put_file(out, bundle.name, bundle.content)
    except OSError as error:
        where = out / bundle.name
        raise InvalidInput(f"{where} cannot be written ({error.strerror}): name another directory by --out") from None


def _record(engine: Engine, file: CaseFile, bundle: Bundle, made_at: datetime, by: str) -> None:
    paper = NewPaper(
        paper_id=f"evidence:{bundle.sha256}",
        case_id=file.case.case_id,
        kind=PaperKind.EVIDENCE,
        file_name=bundle.name,
        sha256=bundle.sha256,
        made_at=made_at,
        made_by=by,
    )
    with writing(engine) as connection:
        record_paper(connection, paper)


def verify(file: Path, *, against_database: bool, as_json: bool) -> int:
    """Check the archive by itself, then on request against the case database."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read ({error.strerror})") from None
    proof = check_bundle(content)
    fault, known = proof.fault, ""
    if against_database and not fault:
        with session() as opened, reading(opened.engine) as connection:
            fault, known = _compare(connection, proof)
    if as_json:
        write_json(plain(proof) | {"fault": fault, "holds": not fault, "on_record": known or None})
    elif fault:
        say(f"{file} is not as it was made: {fault}")
    else:
        say(f"{file}: {proof.files} files of case {proof.case_id}, made {proof.created_at}; nothing was altered")
        if proof.head is not None:
            say(f"the last verdict is number {proof.head.number}, seal {proof.head.hash or 'none'}")
        say(f"SHA-256 {proof.sha256}")
        if known:
            say(known)
    return ALTERED if fault else 0


def _compare(connection: Connection, proof: Proof) -> tuple[str, str]:
    """What contradicts the case database, or else what it says of the archive."""
    paper = find_by_hash(connection, proof.sha256)
    if paper is None or proof.head is None:
        return "no archive with this hash was made from this case database", ""
    number = proof.head.number
    if seal_of(connection, proof.case_id, number) != proof.head.hash:
        return f"verdict {number} of case {proof.case_id} has another seal in the case database", ""
    made = f"made {plain(paper.made_at)} for {paper.made_by}"
    return "", f"on record: {made}; the chain of the case still has its last verdict"
