"""Judges what went to law by the plain record and by the files themselves, with no rule of ours.

Counted again here, on purpose, so that a mistake of the core is not repeated by its judge: who agreed, what was owed
and held at the instant of each step, and what agencies and bureaus still believe at the end.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from casedb.legal_record import LegalRecord, read_legal_record
from rehearsal.servers import Places
from rehearsal.summary import Invariant

BOOKS = ("charge_off", "write_off")
LEAVE_STANDS = timedelta(days=30)
FINAL_STATUSES = frozenset({"13", "61", "62", "63", "64", "65", "DA"})
"""Account statuses of Metro 2 after which nothing is claimed: paid, or taken back."""
PLACED = {"CACT": 1, "CFIN": -1, "account": 1, "final_recall": -1}
"""What a record, by its code or by the name of its file, says of where the account is."""
_MONTH = re.compile(r"metro2-(\d{4}-\d{2})(?:-(\d+))?\.txt")


def judged_beyond(engine: Engine, places: Places, now: datetime) -> tuple[Invariant, ...]:
    """What must never be seen of steps to the outside world."""
    record = read_legal_record(engine)
    counts = {
        "steps_without_leave": (len(list(without_leave(record))), "record"),
        "steps_when_paid_or_held": (len(list(untimely(record))), "record"),
        "left_outside_when_paid": (len(list(left_outside(record, now))), "record"),
        "others_believe_wrong": (len(list(believed_wrong(record, places))), "files"),
    }
    return tuple(Invariant(name=name, broken=broken, judge=judge) for name, (broken, judge) in counts.items())


def without_leave(record: LegalRecord) -> Iterator[str]:
    """Steps that not everybody had agreed to, each another person than the one who asked, within thirty days."""
    for step in record.steps:
        leave = record.approvals.get(step.approval_id)
        votes = [vote for vote in record.votes.get(step.approval_id, ()) if vote.at <= step.taken_at]
        voters = {vote.voter for vote in votes}
        lawful = (
            leave is not None
            and leave.status != "refused"
            and step.taken_at < leave.expires_at
            and set(leave.roles) == {vote.role for vote in votes}
            and len(leave.roles) == len(voters) > 0
            and leave.requested_by not in voters
            and all(step.taken_at - vote.at < LEAVE_STANDS for vote in votes)
        )
        if not lawful:
            yield step.key


def untimely(record: LegalRecord) -> Iterator[str]:
    """Steps that were taken when nothing was owed, or while the person was to be left alone."""
    for step in record.steps:
        held = step.kind not in BOOKS and any(
            _stood(hold, step.taken_at) for hold in record.holds.get(step.account_id, ())
        )
        if held or record.owed_at(step.account_id, before=step.taken_at) <= 0:
            yield step.key


def left_outside(record: LegalRecord, now: datetime) -> Iterator[str]:
    """Steps and papers that stand although nothing is owed; what was forgiven was meant to be."""
    standing = [step for step in record.steps if step.status == "taken" and step.taken_at <= now]
    forgiven = {step.account_id for step in standing if step.kind == "write_off"}
    for step in standing:
        meant = step.kind == "write_off" or (step.kind == "charge_off" and step.account_id in forgiven)
        if record.owed_at(step.account_id) <= 0 and not meant:
            yield step.key
    for paper in record.papers:
        account_id = record.accounts_of_cases[paper.case_id]
        demands = paper.kind in ("letter_before_action", "court_pack") and paper.withdrawn_at is None
        if demands and record.owed_at(account_id) <= 0:
            yield str(paper.paper_id)


def believed_wrong(record: LegalRecord, places: Places) -> Iterator[str]:
    """Accounts that owe nothing and that an agency still has, or that a bureau still has as owing, by our files."""
    for account_id, placed in with_agencies(places.agencies).items():
        if placed > 0 and record.owed_at(account_id) <= 0:
            yield f"agency:{account_id}"
    numbers = {re.sub(r"[^A-Za-z0-9]", "", account_id): account_id for account_id in record.entries}
    for number, status in at_bureaus(places.bureaus).items():
        if status not in FINAL_STATUSES and record.owed_at(numbers[number]) <= 0:
            yield f"bureau:{number}"


def with_agencies(folder: Path) -> Counter[str]:
    """How often each account was placed and not finally recalled, as the agencies read our files."""
    with_them = Counter[str]()
    for path in sorted(folder.glob("*/*")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for kind, account_id in _in_columns(path, lines) if path.suffix == ".csv" else _in_positions(lines):
            with_them[account_id] += PLACED.get(kind, 0)
    return with_them


def at_bureaus(folder: Path) -> dict[str, str]:
    """The status of each account, by its letters and digits, in the last file: positions 43 to 72 and 124 to 125."""
    found: dict[str, str] = {}
    named = [(match, path) for path in folder.glob("*.txt") if (match := _MONTH.fullmatch(path.name))]
    for _, path in sorted(named, key=lambda each: (each[0][1], int(each[0][2] or 1))):
        for line in path.read_text(encoding="ascii").splitlines():
            if line[4:10] != "HEADER" and line[4:11] != "TRAILER":
                found[line[42:72].strip()] = line[123:125]
    return found


def _in_columns(path: Path, lines: list[str]) -> Iterator[tuple[str, str]]:
    kind = path.stem.rpartition("-")[2]
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        yield kind, row["account"]


def _in_positions(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        yield line[:4], line[13:43].strip()


def _stood(hold: object, at: datetime) -> bool:
    starts, ends, released = (getattr(hold, name) for name in ("starts_at", "ends_at", "released_at"))
    over = min((each for each in (ends, released) if each is not None), default=None)
    return starts is not None and starts <= at and (over is None or at < over)
