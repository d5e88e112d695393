"""`furnishing subjects|notice|disagree|export|check|list`: what the credit bureaus are told."""

from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import select

from casedb import furnishing
from casedb.engine import lock_person, reading, writing
from casedb.furnishing_export import export_month
from casedb.furnishing_subjects import take_subjects
from casedb.ledger import find_account
from casedb.schema import account
from config.furnishing import FURNISHING_FILE, load_furnishing
from config.settings import Settings
from console.files import read_bytes, write_whole
from console.output import plain, say, screen, table, write_json
from console.session import Session, session
from domain.calendar import start_of_day
from domain.compliance.vocabulary import Role
from domain.errors import ConfigurationError, InvalidInput, NotKnown
from domain.furnishing.file import check_file
from domain.furnishing.rules import FurnishingRules


def import_subjects(file: Path, *, as_json: bool) -> int:
    """Take the file in, row by row."""
    data = read_bytes(file)
    with session() as opened:
        took = take_subjects(opened.engine, data, datetime.now(UTC))
    if as_json:
        write_json(plain(took))
    else:
        say(f"{file.name}: {took.taken} rows taken, {took.unchanged} unchanged, {len(took.bad)} bad")
        for each in took.bad:
            say(f"line {each.number}, account {each.account_id}: {each.reason}")
    return 1 if took.bad else 0


def record_notice(account_id: str, sent_on: date, evidence: str, by: str, *, as_json: bool) -> int:
    """The notice went out at the first moment of that day in the account's calendar."""
    now = datetime.now(UTC)
    if not evidence.strip() or not evidence.isprintable() or len(evidence) > 200:
        raise InvalidInput("--evidence must be one line that says where the notice can be looked up")
    with session() as opened:
        zone = _zone(opened, account_id)
        sent_at = start_of_day(sent_on, zone)
        if sent_at > now:
            raise InvalidInput(f"--sent-on {sent_on} lies in the future: record it when it went out")
        with writing(opened.engine) as connection:
            new = furnishing.told_by_letter(connection, account_id, sent_at, evidence, by)
    if as_json:
        write_json({"account_id": account_id, "sent_at": plain(sent_at), "new": new})
    else:
        say(f"notice of account {account_id} {'is on record' if new else 'was on record before, nothing changed'}")
    return 0


def _zone(opened: Session, account_id: str) -> str:
    with reading(opened.engine) as connection:
        zone = connection.execute(select(account.c.zone).where(account.c.account_id == account_id)).scalar_one_or_none()
    if zone is None:
        raise NotKnown(f"account {account_id} is not in the case database: import its book first")
    return str(zone)


def record_disagreement(account_id: str, *, as_json: bool) -> int:
    """The next file tells XC once the dispute is over."""
    with session() as opened, writing(opened.engine) as connection:
        standing = find_account(connection, account_id)
        if standing is None:
            raise NotKnown(f"account {account_id} is not in the case database: import its book first")
        lock_person(connection, standing.person_id)
        known = furnishing.disagree(connection, account_id, datetime.now(UTC))
    if as_json:
        write_json(plain(known))
    else:
        say(f"the consumer of account {account_id} disagrees: the next file after the dispute tells XC")
    return 0


def known_rules(settings: Settings) -> FurnishingRules:
    """The rules of the file. Raises ConfigurationError, in live mode also for the demo's invented furnisher."""
    if settings.mode == "live" and settings.furnishing_file == FURNISHING_FILE:
        raise ConfigurationError("live mode needs rules of furnishing of your own: set AMICABLE_FURNISHING_FILE")
    return load_furnishing(settings.furnishing_file)


def export_file(month: date, out: Path, *, as_json: bool) -> int:
    """Write the file; it stands before the commit that marks its lines, so none is lost."""
    with session() as opened, writing(opened.engine) as connection:
        made = export_month(
            connection,
            known_rules(opened.settings),
            month.replace(day=1),
            datetime.now(UTC),
            names_original_creditor=opened.settings.role is not Role.CREDITOR,
        )
        if made.lines:
            write_whole(out / made.name, made.data)
    path = str(out / made.name) if made.lines else None
    if as_json:
        write_json({"path": path, "accounts": made.lines, "refused": plain(made.refused)})
    else:
        say(f"{path}: {made.lines} accounts" if path else f"nothing is due for {month:%Y-%m}")
        for each in made.refused:
            say(each.why)
    return 1 if made.refused else 0


def check(file: Path, *, as_json: bool) -> int:
    """Every problem of a file on a line of its own."""
    problems = check_file(read_bytes(file))
    if as_json:
        write_json(
            [
                {
                    "line": each.line,
                    "account": each.account,
                    "field": each.problem.field,
                    "first": each.problem.first,
                    "last": each.problem.last,
                    "reason": each.problem.reason,
                }
                for each in problems
            ]
        )
    else:
        for each in problems:
            say(str(each))
        say(f"{file.name}: {len(problems)} problems" if problems else f"{file.name} is sound")
    return 1 if problems else 0


def list_furnishings(limit: int, *, everything: bool, as_json: bool) -> int:
    """Accounts by id."""
    with session() as opened, reading(opened.engine) as connection:
        found = furnishing.listed(connection, everything=everything, limit=limit)
    if as_json:
        write_json([plain(known) | {"last": _last(row)} for known, row in found])
        return 0
    if not found:
        say("no account is furnished: an escalation step bureau_furnishing begins it")
        return 0
    columns = ("account", "since", "last month", "status", "code", "what is next")
    rows = (
        (
            known.account_id,
            f"{known.started_at:%Y-%m-%d}",
            row.month if row else "",
            row.account_status if row else "",
            row.stands if row else "",
            _next(known),
        )
        for known, row in found
    )
    screen().print(table("Furnished accounts (days in UTC)", columns, rows))
    return 0


def _last(row: object) -> object:
    return plain(dict(row._mapping)) if row is not None else None  # type: ignore[attr-defined]  # a row


def _next(known: furnishing.FurnishingRecord) -> str:
    if known.ended_at is not None:
        return f"over since {known.ended_at:%Y-%m-%d}"
    if known.deleted:
        return "a deletion"
    return "a correction" if known.undone_at is not None else "the next month"
