"""`placement list|show`: which accounts are with agencies, and what passed between us."""

from sqlalchemy import select

from casedb import placements
from casedb.engine import reading
from casedb.placements import PlacementRecord
from casedb.schema import agency_payment, agency_record
from console.output import pairs, plain, say, screen, table, wall_time, write_json
from console.session import session
from domain.errors import NotKnown
from domain.money import in_words


def list_placements(agency: str | None, limit: int, *, everything: bool, as_json: bool) -> int:
    """Placements by number."""
    with session() as opened, reading(opened.engine) as connection:
        found = placements.listed(connection, agency=agency, everything=everything, limit=limit)
    if as_json:
        write_json([plain(each) for each in found])
        return 0
    if not found:
        say("no account is with an agency: python starter.py placement add places one")
        return 0
    columns = ("number", "account", "agency", "placed", "amount", "status")
    rows = (
        (
            str(each.file_number),
            each.state.account_id,
            each.state.agency,
            wall_time(each.placed_at)[:10],
            in_words(each.total_minor, each.currency),
            _status(each),
        )
        for each in found
    )
    screen().print(table("Placements (days in UTC)", columns, rows, right=("number", "amount")))
    return 0


def show_placements(account_id: str, *, as_json: bool) -> int:
    """Every placement of an account. Raises NotKnown when it never had one."""
    with session() as opened, reading(opened.engine) as connection:
        found = placements.of_account(connection, account_id)
        numbers = [each.file_number for each in found]
        sent = connection.execute(
            select(agency_record).where(agency_record.c.file_number.in_(numbers)).order_by(agency_record.c.record_id)
        ).all()
        took = connection.execute(
            select(agency_payment).where(agency_payment.c.file_number.in_(numbers)).order_by(agency_payment.c.paid_on)
        ).all()
    if not found:
        raise NotKnown(f"account {account_id} was never placed with an agency")
    if as_json:
        records = [plain(dict(row._mapping)) for row in sent]
        payments = [plain(dict(row._mapping)) for row in took]
        write_json({"placements": [plain(each) for each in found], "records": records, "payments": payments})
        return 0
    for each in found:
        screen().print(pairs(f"File number {each.file_number}, agency {each.state.agency}", _facts(each)))
    told = ((str(row.file_number), row.kind, row.file_name or "next export") for row in sent)
    screen().print(table("Records to the agency", ("number", "record", "file"), told, right=("number",)))
    paid = (
        (
            str(row.paid_on),
            row.payment_type,
            row.payment_id,
            in_words(row.amount_minor, row.currency),
            row.remitted_in or "not handed over",
        )
        for row in took
    )
    if took:
        screen().print(
            table("Payments to the agency", ("day", "type", "id", "amount", "remittance"), paid, right=("amount",))
        )
    return 0


def _facts(each: PlacementRecord) -> list[tuple[str, str]]:
    money = [
        ("principal", each.principal_minor),
        ("interest", each.interest_minor),
        ("fees", each.fees_minor),
        ("total", each.total_minor),
    ]
    return [
        ("status", _status(each)),
        ("placed", f"{wall_time(each.placed_at)} UTC, {each.days_past_due} days past due"),
        ("told", f"{wall_time(each.told_at)} UTC" if each.told_at else "not yet"),
        ("commission", f"{each.commission_bp / 100:.2f} %"),
        *((name, in_words(amount, each.currency)) for name, amount in money),
    ]


def _status(each: PlacementRecord) -> str:
    state = each.state
    if state.closed_on is not None:
        code = f" ({state.close_code})" if state.close_code else ""
        return f"{state.status.value} {state.closed_on}{code}"
    if state.recall_on is not None:
        objected = f", objected to {state.objected_on}" if state.objected_on else ""
        return f"recall {state.recall_reason} final on {state.recall_on}{objected}"
    return state.status.value if state.told else "waits for the next export"
