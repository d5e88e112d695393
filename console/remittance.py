"""`remittance reconcile`: whether an agency hands over what it took, less what it earned."""

from datetime import UTC, datetime
from pathlib import Path

from casedb import remittances
from casedb.agency_intake import read_file
from casedb.engine import writing
from console.files import read_bytes
from console.output import plain, say, screen, table, write_json
from console.placement import known_agencies
from console.session import session
from domain.errors import InvalidInput
from domain.money import in_words
from domain.placement.agency import Agency
from domain.placement.files import ReadFile
from domain.placement.records import FileKind
from domain.placement.remittance import Difference, Reconciled, missing, reconcile


def reconcile_file(file: Path, *, as_json: bool) -> int:
    """Compare, record what agrees, list what does not; the same file again says the same."""
    data = read_bytes(file)
    with session() as opened, writing(opened.engine) as connection:
        agency, read = read_file(known_agencies(opened.settings), data)
        if read.kind is not FileKind.REMITTANCE:
            raise InvalidInput(f"file {file} is one of {read.kind.value}, not a remittance")
        stated = [remittances.stated_of(line.number, line.record) for line in read.lines]
        due = remittances.due_until_last_of(connection, agency.agency_id, stated)
        found = reconcile(stated, remittances.taken_by(connection, agency.agency_id), agency.remits, file.name)
        remittances.mark_remitted(connection, agency.agency_id, found.agreed, file.name, datetime.now(UTC))
    differences = [*_unreadable(read), *found.differences, *missing(stated, due)]
    _show(agency, file, found, differences, as_json=as_json)
    return 1 if differences else 0


def _unreadable(read: ReadFile) -> list[Difference]:
    return [Difference(number=each.number, payment_id="", file_number=0, says=each.reason) for each in read.bad]


def _show(agency: Agency, file: Path, found: Reconciled, differences: list[Difference], *, as_json: bool) -> None:
    if as_json:
        write_json(
            {
                "agency": agency.agency_id,
                "remits": agency.remits.value,
                "agreed": len(found.agreed),
                "due_minor": found.due_minor,
                "commission_minor": found.commission_minor,
                "differences": plain(differences),
            }
        )
        return
    for currency, due in sorted(found.due_minor.items()):
        commission = in_words(found.commission_minor[currency], currency)
        say(f"agency {agency.agency_id} owes {in_words(due, currency)} by this file; it earned {commission}")
    if not differences:
        say(f"{file.name} reconciles: {len(found.agreed)} lines agree with the ledger")
        return
    columns = ("line", "payment", "number", "what does not fit")
    rows = ((str(each.number or ""), each.payment_id, str(each.file_number or ""), each.says) for each in differences)
    screen().print(table(f"{file.name} does not reconcile", columns, rows, right=("line", "number")))
