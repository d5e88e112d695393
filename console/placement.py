"""`placement add|export|import|recall`: accounts with agencies, and the files that go to them and come from them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from casedb import placements
from casedb.agency_export import export
from casedb.agency_intake import Intake, take_file
from casedb.cases import find_open_case
from casedb.engine import lock_person, reading, writing
from casedb.ledger import find_account
from casedb.placements import PlacementOrder
from config.agencies import AGENCIES_FILE, agency_of, load_agencies
from config.settings import Settings
from console.files import read_bytes, write_whole
from console.output import plain, say, write_json
from console.session import session
from domain.errors import ConfigurationError, IllegalTransition, NotKnown
from domain.placement.agency import Agency, FileForm
from domain.placement.files import BadLine
from domain.placement.life import RecallReason

DROP_FOLDERS = Path(".amicable/agencies")
"""Below it is the drop folder of each agency."""


def known_agencies(settings: Settings) -> dict[str, Agency]:
    """The agencies of the file. Raises ConfigurationError, in live mode also for the demo's invented ones."""
    if settings.mode == "live" and settings.agencies_file == AGENCIES_FILE:
        raise ConfigurationError("live mode needs agencies of your own: set AMICABLE_AGENCIES_FILE")
    return load_agencies(settings.agencies_file)


def add_placement(account_id: str, agency_id: str, *, as_json: bool) -> int:
    """Place one account by hand: the same account and day is one order."""
    now = datetime.now(UTC)
    with session() as opened, writing(opened.engine) as connection:
        agency = agency_of(known_agencies(opened.settings), agency_id)
        found = find_open_case(connection, account_id)
        order = PlacementOrder(
            key=f"console/{account_id}/{agency_id}/{now:%Y-%m-%d}",
            account_id=account_id,
            case_id=found.case_id if found else None,
            at=now,
        )
        known = placements.place(connection, agency, order)
    if as_json:
        write_json(plain(known))
    else:
        say(
            f"account {account_id} is file number {known.file_number} of agency {agency_id}, commission "
            f"{known.commission_bp / 100:.2f} %: its next export tells it"
        )
    return 0


def export_files(agency_id: str, form: FileForm | None, out: Path | None, *, as_json: bool) -> int:
    """Write what is due; the files stand before the commit that marks their records, so none is lost."""
    now = datetime.now(UTC)
    with session() as opened, writing(opened.engine) as connection:
        agency = agency_of(known_agencies(opened.settings), agency_id)
        directory = out or DROP_FOLDERS / agency.drop_folder
        made = export(connection, agency, form or agency.form, now)
        for file in made.files:
            write_whole(directory / file.name, file.data)
    if as_json:
        files = [
            {"path": str(directory / file.name), "records": file.totals.count, "sums": dict(file.totals.sums)}
            for file in made.files
        ]
        write_json({"agency": agency_id, "files": files, "kept_back": plain(made.kept_back)})
        return 0
    for file in made.files:
        sums = f", {file.totals.in_words()}" if file.totals.sums else ""
        say(f"{directory / file.name}: {file.totals.count} records{sums}")
    for kept in made.kept_back:
        say(f"kept back: account {kept.account_id}, file number {kept.file_number}: {kept.why}")
    if not made.files and not made.kept_back:
        say(f"nothing is due to agency {agency_id}")
    return 0


def import_file(file: Path, *, as_json: bool) -> int:
    """Take a file in; the relay of a running worker tells the cases."""
    data = read_bytes(file)
    with session() as opened:
        took = take_file(opened.engine, known_agencies(opened.settings), file.name, data, datetime.now(UTC))
    errors = errors_path(file)
    if took.bad:
        write_whole(errors, errors_file(took.bad))
    else:
        errors.unlink(missing_ok=True)
    _show_intake(took, file, errors, as_json=as_json)
    return 1 if took.bad else 0


def errors_path(file: Path) -> Path:
    """Where the bad lines of a file go."""
    return file.with_name(f"{file.name}.errors")


def errors_file(bad: Sequence[BadLine]) -> bytes:
    """Each bad line under its reason, to be mended and sent again."""
    return "".join(f"# line {each.number}: {each.reason}\n{each.text}\n" for each in bad).encode()


def _show_intake(took: Intake, file: Path, errors: Path, *, as_json: bool) -> None:
    if as_json:
        bad = [{"line": each.number, "reason": each.reason} for each in took.bad]
        told = {"agency": took.agency, "kind": took.kind.value, "applied": took.applied, "repeated": took.repeated}
        write_json(told | {"seen_before": took.seen_before, "bad": bad, "errors": str(errors) if bad else None})
        return
    again = "; the file was here before" if took.seen_before else ""
    say(
        f"{file.name} of agency {took.agency}: {took.applied} lines took effect, "
        f"{took.repeated} were here before{again}"
    )
    for each in took.bad:
        say(f"line {each.number}: {each.reason}")
    if took.bad:
        say(f"{len(took.bad)} bad lines stand in {errors} with their reasons: send them back")


def recall_account(account_id: str, reason: RecallReason, *, as_json: bool) -> int:
    """Take an account back from its agency; a second time changes nothing."""
    now = datetime.now(UTC)
    with session() as opened:
        known = known_agencies(opened.settings)
        with reading(opened.engine) as connection:
            standing = find_account(connection, account_id)
            if standing is None:
                raise NotKnown(f"account {account_id} is not in the case database: import its book first")
        with writing(opened.engine) as connection:
            lock_person(connection, standing.person_id)
            open_ones = placements.of_account(connection, account_id, open_only=True)
            if not open_ones:
                raise IllegalTransition(f"account {account_id} is with no agency: placement show tells of earlier ones")
            [placed] = open_ones
            agency = agency_of(known, placed.state.agency)
            state = placements.recall(connection, agency, placed.file_number, reason, now)
    if as_json:
        write_json(plain(state))
    elif state.recall_on is None:
        say(f"account {account_id} is taken back from agency {agency.agency_id}, which was never told of it")
    else:
        say(
            f"account {account_id} is recalled from agency {agency.agency_id} as {state.recall_reason}: "
            f"final on {state.recall_on}, told with the next export"
        )
    return 0
