"""`report overdue`: who is past due, by how much, since when, and what is next for each."""

import heapq
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from casedb.overdue import OverdueAccount, Wanted, longest_first, overdue_accounts
from casedb.overdue_file import Total, Totals, write_csv
from config.rules import load_rules
from console.output import say, screen, table, wall_time, write_json
from console.session import Session, session
from domain.errors import InvalidInput
from domain.money import Money, in_words

STANDARD_OUTPUT = Path("-")


def show_overdue(wanted: Wanted, limit: int, csv_file: Path | None, *, as_json: bool) -> int:
    """The accounts longest past due first: a table with totals, a CSV file, or one JSON document."""
    if csv_file is not None and as_json:
        raise InvalidInput("report overdue writes --csv or --json, not both")
    now, totals = datetime.now(UTC), Totals()
    with session() as opened:
        _require_strategy(opened, wanted.strategy)
        rows = map(totals.add, overdue_accounts(opened.engine, now, wanted))
        if csv_file is not None:
            _write(csv_file, longest_first(rows), totals)
        elif as_json:
            accounts = longest_first(rows)
            write_json({"at": now, "totals": totals.listed(), "accounts": accounts})
        else:
            _show(rows, totals, limit)
    return 0


def _require_strategy(opened: Session, strategy: str | None) -> None:
    """A name that no case can have is a slip of the pen. Raises InvalidInput."""
    if strategy is None or strategy in (known := load_rules(opened.settings).strategies):
        return
    raise InvalidInput(f"--strategy {strategy} is not in config/strategies; known: {', '.join(sorted(known))}")


def _write(path: Path, rows: list[OverdueAccount], totals: Totals) -> None:
    if path == STANDARD_OUTPUT:
        write_csv(sys.stdout, rows)
        return
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            write_csv(stream, rows)
    except OSError as error:
        raise InvalidInput(f"--csv {path} cannot be written ({error.strerror}): name another file") from None
    say(f"{totals.accounts:,} overdue accounts written to {path}")


def _show(rows: Iterable[OverdueAccount], totals: Totals, limit: int) -> None:
    """A screenful: however many there are, only `limit` of them are held."""
    oldest = heapq.nsmallest(limit, rows, key=lambda row: (-row.days_past_due, row.account_id))
    if not oldest:
        say("no account is overdue")
        return
    columns = ("account", "days", "principal", "interest", "fees", "owed", "stage, what is next (UTC) and why")
    right = columns[1:6]
    screen().print(table("Overdue accounts", columns, map(_row, oldest), right=right))
    say("")
    money = ("principal", "interest", "fees", "owed")
    names = ("currency", "bucket", "accounts", *money)
    screen().print(table("Totals", names, map(_total, totals.listed()), right=("accounts", *money)))
    if totals.accounts > len(oldest):
        say(f"{len(oldest):,} of {totals.accounts:,} accounts: --limit shows more, --csv FILE writes all")


def _row(row: OverdueAccount) -> tuple[str, ...]:
    next_up = f"{row.stage}; {row.next_action} {wall_time(row.next_at)}: " if row.case_id else ""
    return (
        row.account_id,
        str(row.days_past_due),
        *_plain((row.principal_minor, row.interest_minor, row.fees_minor), row.currency),
        in_words(row.total_minor, row.currency),
        f"{next_up}{row.why}",
    )


def _total(total: Total) -> tuple[str, ...]:
    amounts = (total.principal_minor, total.interest_minor, total.fees_minor, total.total_minor)
    return total.currency, total.bucket, f"{total.accounts:,}", *_plain(amounts, total.currency)


def _plain(amounts: tuple[int, ...], currency: str) -> tuple[str, ...]:
    return tuple(f"{Money(amount, currency).to_decimal():,}" for amount in amounts)
