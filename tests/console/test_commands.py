"""The commands that need only the case database, and what every command says when something is wrong."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from casedb import schema
from casedb.engine import writing
from config.settings import load_settings
from console.planner import SPOKEN
from console.session import NOWHERE, console_settings
from starter import main
from tests.casedb.books import row, write_book
from tests.casedb.people import add_account, add_person
from tests.console.conftest import Ran, Run
from worker import create_adapters

ROOT = Path(__file__).parents[2]


def test_an_import_counts_its_rows_and_the_same_file_again_changes_nothing(run: Run, tmp_path: Path) -> None:
    book = write_book(tmp_path / "book.csv", row(), row(account_id="A-2", person_id="P-2", currency="XXX"))
    first = run("import", str(book), "--json")
    assert first.code == 0
    counts = json.loads(first.out)
    assert (counts["accepted"], counts["rejected"], counts["rejects_path"]) == (1, 1, f"{book}.rejects.csv")
    again = run("import", str(book))
    assert again.code == 0
    assert "nothing changed" in again.out
    assert f"1 rows were rejected, the 1 good ones went on: number and reason in {book}.rejects.csv" in again.out


def test_a_book_without_a_good_row_ends_with_one(run: Run, tmp_path: Path) -> None:
    book = write_book(tmp_path / "book.csv", row(currency="XXX"))
    ran = run("import", str(book), "--rejects", str(tmp_path / "no.csv"))
    assert ran.code == 1
    assert f"no row was good: number and reason in {tmp_path / 'no.csv'}" in ran.out


def test_migrating_twice_is_once(run: Run, empty_sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMICABLE_DATABASE_URL", empty_sqlite_url)
    assert refusal(run("case", "list")).endswith("run python starter.py migrate")
    assert "went from nothing to revision" in run("migrate").out
    assert "already" in run("migrate").out
    assert run("case", "list").code == 0


def refusal(ran: Ran) -> str:
    """The one line that a refused command wrote."""
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    return ran.err.strip()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("import nowhere.csv", "book nowhere.csv cannot be read"),
        ("case show A-9", "no account or case A-9 is in the case database"),
        ("case list --campaign none", "campaign none is not known"),
        ("case list --stage none", "Invalid value for '--stage': 'none' is not one of 'reminder'"),
        ("case list --limit 0", "Invalid value for '--limit'"),
        ("case list --owed-from 5", "--owed-from needs --currency: amounts of two currencies do not compare"),
        ("case list --currency usd", "currency 'usd' is not an ISO 4217 code in use"),
        (
            "case list --next-before tomorrow",
            "--next-before 'tomorrow' is not an instant: give one with a zone (2026-06-03T15:00Z), a day or now",
        ),
        ("case list --xyzzy", "No such option: --xyzzy: see python starter.py case list --help"),
        ("case", "Missing command: see python starter.py case --help"),
        ("case show", "Missing argument 'ACCOUNT'"),
        ("xyzzy", "No such command 'xyzzy': see python starter.py --help"),
        ("campaign show none", "campaign none is not known"),
        ("campaign start --name x --strategy none", "known: wallet-gentle, wallet-standard"),
        ("campaign start --name ---", "--name '---' makes no id"),
        ("trigger A-9", "account A-9 is not in the case database"),
        ("trigger A-9 --strategy none", "strategy 'none' is not in config/strategies"),
        ("approvals approve A-9 --by dana", "say why with --reason"),
        ("approvals refuse A-9 --by dana", "say why with --reason"),
        ("approvals approve A-9 --by dana --reason complete", "no account or case A-9"),
        ("approvals show A-9", "no account or case A-9"),
        ("escalation attest A-9 --by owner-1", "one of --contract, --limitation, --venue and --notice"),
        ("escalation attest A-9 --contract x --by dana", "dana cannot attest"),
        ("escalation attest A-9 --limitation maybe --by owner-1", "--limitation must be open or barred"),
        ("escalation attest A-9 --contract x --by owner-1", "account A-9 is not in the case database"),
        ("escalation show A-9", "no account or case A-9"),
        ("record-payment A-9 --amount 1.001 --currency USD --event-id e", "more than the 2 decimal places of USD"),
        ("record-payment A-9 --amount 1 --currency USD --event-id e", "account A-9 is not in the case database"),
        ("demo --start soon", "Invalid value for '--start'"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_two(run: Run, arguments: str, says: str) -> None:
    assert says in refusal(run(*arguments.split()))


def test_an_account_that_owes_nothing_or_is_not_overdue_is_not_collected(run: Run, sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1")
        add_account(connection, "A-2", "P-1", balance_minor=700)
        due = {"obligation_id": "O-2", "account_id": "A-2", "due_on": date(2099, 1, 1), "amount_minor": 700}
        connection.execute(insert(schema.obligation), due)
    assert refusal(run("trigger", "A-1")) == "account A-1 owes nothing: there is nothing to collect"
    assert "account A-2 is not overdue: it is due on 2099-01-01" in refusal(run("trigger", "A-2"))


@pytest.fixture
def one_account(run: Run, tmp_path: Path) -> str:
    """An overdue account in the case database."""
    run("import", str(write_book(tmp_path / "book.csv", row())))
    return "A-1"


def test_without_a_temporal_server_nothing_is_started_and_nothing_is_created(run: Run, one_account: str) -> None:
    assert "no Temporal server at 127.0.0.1:1" in refusal(run("trigger", one_account))
    assert "no Temporal server at 127.0.0.1:1" in refusal(run("campaign", "start", "--name", "x"))
    assert json.loads(run("campaign", "show", "--json").out) == []


def test_a_payment_is_kept_when_no_server_is_there_and_told_when_it_is_tried_again(run: Run, one_account: str) -> None:
    payment = ("record-payment", one_account, "--amount", "7.50", "--currency", "USD", "--event-id", "pay-1")
    assert "payment pay-1 is recorded, but the case was not told" in refusal(run(*payment))
    assert "run the same command again" in refusal(run(*payment))
    other = ("record-payment", one_account, "--amount", "8.00", "--currency", "USD", "--event-id", "pay-1")
    assert "pay-1 is known already as a payment of USD 7.50" in refusal(run(*other))
    assert "is kept in USD" in refusal(run(*payment[:4], "--currency", "EUR", "--event-id", "pay-2"))


def test_a_large_campaign_does_not_start_without_its_typed_id(run: Run, tmp_path: Path) -> None:
    rows = [row(account_id=f"A-{number}", person_id=f"P-{number}") for number in range(101)]
    run("import", str(write_book(tmp_path / "book.csv", *rows)))
    declined = in_a_process("campaign", "start", "--name", "big", typed="no\n")
    assert declined.returncode == 2
    assert "101 accounts will be contacted, which owe USD 10,857.50. Type big to start" in declined.stderr
    assert "campaign big was not started: type its id, or give --yes" in declined.stderr
    assert "no Temporal server" in in_a_process("campaign", "start", "--name", "big", typed="big\n").stderr
    assert "no Temporal server" in run("campaign", "start", "--name", "big", "--yes").err


def test_the_console_needs_no_provider_address_but_refuses_a_real_one(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert console_settings().twilio_base_url == NOWHERE
    monkeypatch.setenv("AMICABLE_TWILIO_BASE_URL", "https://api.twilio.com")
    assert "AMICABLE_TWILIO_BASE_URL" in refusal(run("case", "list"))
    monkeypatch.setenv("AMICABLE_MODE", "live")
    monkeypatch.delenv("AMICABLE_TWILIO_BASE_URL")
    assert "AMICABLE_TWILIO_AUTH_TOKEN" in refusal(run("case", "list"))


def test_the_console_reasons_with_the_channels_that_a_worker_speaks() -> None:
    settings = load_settings(None, twilio_base_url=NOWHERE, sendgrid_base_url=NOWHERE)
    assert frozenset(create_adapters(settings)) == SPOKEN


@pytest.mark.parametrize(
    "command",
    [
        "migrate",
        "import",
        "campaign start",
        "campaign show",
        "trigger",
        "case list",
        "case show",
        "case history",
        "approvals list",
        "approvals show",
        "approvals approve",
        "approvals refuse",
        "approvals renew",
        "escalation attest",
        "escalation show",
        "record-payment",
        "audit verify",
        "hold place",
        "hold release",
        "hold list",
        "switch set",
        "switch lift",
        "switch show",
        "consent give",
        "consent withdraw",
        "consent show",
        "erase",
        "demo",
        "templates preview",
        "templates check",
    ],
)
def test_every_command_has_help_with_an_example_and_can_answer_in_json(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command.split(), "--help"]) == 0
    told = capsys.readouterr().out
    assert f"Example: python starter.py {command}" in told
    assert "--json" in told


def in_a_process(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """`python starter.py`, as a person runs it."""
    return subprocess.run(
        [sys.executable, ROOT / "starter.py", *arguments],
        input=typed,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_process_ends_with_two_and_one_line_and_never_a_traceback(run: Run) -> None:
    ran = in_a_process("case", "show", "A-9")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.count("\n") == 1
    assert in_a_process("case", "list").returncode == 0


def test_invariants_are_asked_without_a_server_and_say_what_could_not_be(run: Run, sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as connection:
        add_person(connection, "P-1")
        add_account(connection, "A-1", "P-1", balance_minor=700)
    ran = run("invariants", "--days", "7", "--json")
    told = json.loads(ran.out)
    states = {each["name"]: each["not_asked"] for each in told["invariants"]}
    assert (ran.code, told["broken"]) == (0, 0), "nothing was booked within these days"
    assert [name for name, why in states.items() if "no Temporal server" in why] == [
        "no_workflow_is_stuck",
        "replay_is_deterministic",
        "no_personal_data_in_histories",
    ]
    broken = run("invariants")
    assert broken.code == 1
    assert "ledger_sums_to_balance: compare with the lender's ledger" in broken.out
    assert "account A-1 owes USD 7.00 and its entries sum to USD 0.00" in broken.out
    assert max(map(len, broken.out.splitlines())) <= 100


def test_a_process_without_arguments_shows_help_and_no_colours(run: Run) -> None:
    ran = in_a_process()
    assert ran.returncode == 0
    assert "Usage: python starter.py" in ran.stdout
    assert "\x1b" not in ran.stdout


def test_help_loads_neither_the_database_nor_the_temporal_sdk() -> None:
    heavy = "('sqlalchemy', 'temporalio', 'pydantic', 'twilio', 'alembic')"
    script = f"import sys, starter; starter.main(['--help']); print([m for m in {heavy} if m in sys.modules])"
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    assert ran.stdout.strip().endswith("[]")
