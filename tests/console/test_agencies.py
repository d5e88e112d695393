"""`placement` and `remittance` as people and programs run them, on a database and without a server."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.escalation import agency_placement
from casedb.engine import writing
from casedb.placements import PlacementRecord
from config.agencies import AGENCIES_FILE
from config.settings import load_settings
from domain.placement.csv_file import read_csv
from domain.placement.records import Record, RecordKind
from tests.casedb.agencies import NORTHGATE, add_owing, file_of, payment, placements_of, record, rows
from tests.casedb.debts import add_case
from tests.config.test_settings import LIVE
from tests.console.conftest import Run

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()


@pytest.fixture
def owing(sqlite_engine: Engine) -> Engine:
    """An account that owes 100 dollars."""
    add_owing(sqlite_engine)
    return sqlite_engine


def placed(run: Run, agency: str = "harbour") -> None:
    assert run("placement", "add", "A-1", "--agency", agency).code == 0
    assert run("placement", "export", "--agency", agency, "--out", "out").code == 0


def test_an_account_is_placed_and_exported_and_the_same_again_changes_nothing(run: Run, owing: Engine) -> None:
    for _ in range(2):
        ran = run("placement", "add", "A-1", "--agency", "harbour")
        assert "is file number 1 of agency harbour, commission" in ran.out
    ran = run("placement", "export", "--agency", "harbour", "--out", "out")
    assert ran.out == "out/harbour-000001-account.csv: 1 records, 100.00 USD\n"
    path = Path("out/harbour-000001-account.csv")
    assert [line.record.text("account") for line in read_csv(path.read_bytes()).lines] == ["A-1"]
    assert path.stat().st_mode & 0o777 == 0o640, "it names a person"
    assert "nothing is due" in run("placement", "export", "--agency", "harbour", "--out", "out").out
    assert "placed" in run("placement", "list").out
    shown = run("placement", "show", "A-1").out
    assert "CACT" in shown
    assert max(map(len, shown.splitlines())) <= 100
    told = json.loads(run("placement", "show", "A-1", "--json").out)
    assert told["placements"][0]["state"]["status"] == "placed"


def test_files_go_to_the_drop_folder_and_in_the_form_that_is_asked_for(run: Run, owing: Engine) -> None:
    run("placement", "add", "A-1", "--agency", "northgate")
    made = json.loads(run("placement", "export", "--agency", "northgate", "--json").out)
    assert made["files"] == [
        {
            "path": ".amicable/agencies/northgate/northgate-000001-placement.txt",
            "records": 5,
            "sums": {"USD": 10_000},
        }
    ]
    assert Path(made["files"][0]["path"]).is_file()


def test_a_file_is_taken_in_once_and_its_bad_lines_stand_beside_it(run: Run, owing: Engine) -> None:
    placed(run)
    [known] = placements_of(owing)
    good = payment(known, payment_date=YESTERDAY)
    Path("in.csv").write_bytes(file_of(good, payment(known, "P2", payment_date=YESTERDAY, account="A-9")))
    ran = run("placement", "import", "in.csv")
    assert ran.code == 1
    assert "1 lines took effect, 0 were here before" in ran.out
    assert "line 3: account: is not the one of file number 1" in ran.out
    reasons = Path("in.csv.errors").read_text()
    assert reasons.startswith("# line 3: account: is not")
    assert ",P2" in reasons
    again = json.loads(run("placement", "import", "in.csv", "--json").out)
    assert (again["applied"], again["repeated"], again["seen_before"]) == (0, 1, True)
    Path("in.csv").write_bytes(file_of(good))
    assert run("placement", "import", "in.csv").code == 0
    assert not Path("in.csv.errors").exists()
    assert rows(owing, "account")[0].balance_minor == 7_500


def test_a_wrong_trailer_is_one_line_and_nothing_is_taken(run: Run, owing: Engine) -> None:
    placed(run, "northgate")
    [known] = placements_of(owing)
    data = file_of(payment(known, payment_date=YESTERDAY), agency=NORTHGATE)
    Path("in.txt").write_bytes(data.replace(b"0000000001000000025.00", b"0000000001000000026.00"))
    ran = run("placement", "import", "in.txt")
    assert (ran.code, ran.out) == (2, "")
    assert "the trailer says 26.00 USD and the records sum to 25.00 USD: nothing of it was taken" in ran.err
    assert rows(owing, "account")[0].balance_minor == 10_000


def test_an_account_is_recalled_with_time_to_object_or_at_once(run: Run, owing: Engine) -> None:
    placed(run)
    ran = run("placement", "recall", "A-1")
    assert "is recalled from agency harbour as CLI: final on" in ran.out
    assert run("placement", "recall", "A-1").out == ran.out
    assert "as PIF" in run("placement", "recall", "A-1", "--reason", "PIF").out
    made = json.loads(run("placement", "export", "--agency", "harbour", "--out", "out", "--json").out)
    assert [Path(file["path"]).name for file in made["files"]] == [
        "harbour-000002-final_recall.csv",
    ]
    assert "is with no agency" in run("placement", "recall", "A-1").err


def test_what_was_never_told_is_taken_back_without_a_word(run: Run, owing: Engine) -> None:
    run("placement", "add", "A-1", "--agency", "harbour")
    assert "which was never told of it" in run("placement", "recall", "A-1").out


def remittance(known: PlacementRecord, *, commission: int) -> Record:
    """What the agency hands over of `payment`: all of it, and it sends an invoice for its commission."""
    told = {"payment_identifier": "P1", "payment_type": "PA"}
    return record(RecordKind.REMITTANCE, known, **told, gross=2_500, commission=commission, remitted=2_500)


def test_a_remittance_reconciles_or_says_line_by_line_what_does_not_fit(run: Run, owing: Engine) -> None:
    placed(run)
    [known] = placements_of(owing)
    points = known.commission_bp
    Path("paid.csv").write_bytes(file_of(payment(known, payment_date=YESTERDAY)))
    run("placement", "import", "paid.csv")
    share = 2_500 * points // 10_000
    Path("bad.csv").write_bytes(file_of(remittance(known, commission=share + 1)))
    ran = run("remittance", "reconcile", "bad.csv")
    assert ran.code == 1
    assert "does not reconcile" in ran.out
    Path("good.csv").write_bytes(file_of(remittance(known, commission=share)))
    for _ in range(2):
        ran = run("remittance", "reconcile", "good.csv")
        assert (ran.code, ran.err) == (0, "")
        assert "good.csv reconciles: 1 lines agree" in ran.out
    Path("twice.csv").write_bytes(file_of(remittance(known, commission=share)))
    ran = run("remittance", "reconcile", "twice.csv", "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["differences"][0]["says"] == "was handed over by good.csv before"
    assert "not a remittance" in run("remittance", "reconcile", "paid.csv").err
    assert "compared, not imported" in run("placement", "import", "good.csv").err


def test_a_payment_that_no_remittance_has_is_a_difference(run: Run, owing: Engine) -> None:
    placed(run)
    [known] = placements_of(owing)
    both = (payment(known, payment_date=YESTERDAY), payment(known, "P2", 300, payment_date=YESTERDAY))
    Path("paid.csv").write_bytes(file_of(*both))
    run("placement", "import", "paid.csv")
    Path("r.csv").write_bytes(file_of(remittance(known, commission=2_500 * known.commission_bp // 10_000)))
    ran = run("remittance", "reconcile", "r.csv", "--json")
    assert ran.code == 1
    [lost] = json.loads(ran.out)["differences"]
    assert (lost["payment_id"], lost["says"]) == ("P2", "the agency took 3.00 USD and no remittance has it")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            "placement add A-1 --agency nobody",
            "agency nobody is not known: the file of agencies has harbour, northgate",
        ),
        ("placement add A-9 --agency harbour", "account A-9 is not in the case database"),
        ("placement export --agency nobody", "agency nobody is not known"),
        ("placement import none.txt", "file none.txt cannot be read (No such file or directory)"),
        ("placement recall A-1", "account A-1 is with no agency"),
        ("placement recall A-9", "account A-9 is not in the case database"),
        ("placement show A-1", "account A-1 was never placed"),
        ("remittance reconcile none.csv", "file none.csv cannot be read"),
    ],
)
def test_what_cannot_be_is_one_line(run: Run, owing: Engine, arguments: str, says: str) -> None:
    ran = run(*arguments.split())
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert says in ran.err
    assert run("placement", "list").out.startswith("no account is with an agency")


def test_live_mode_has_no_invented_agencies(run: Run, owing: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert agency_placement.create(load_settings(None, **LIVE)) is None  # type: ignore[arg-type]  # texts
    own = Path("agencies.yaml")
    own.write_bytes(AGENCIES_FILE.read_bytes())
    step = agency_placement.create(load_settings(None, **LIVE, agencies_file=own.resolve()))  # type: ignore[arg-type]
    assert step is not None
    assert list(step.problems({"agency": "harbour"})) == []
    assert list(step.problems({"agency": "x", "more": 1})) == [
        "agency_placement has no parameter more",
        "agency_placement needs agency, one of harbour, northgate",
    ]


def test_a_case_of_an_account_is_named_on_its_placement(run: Run, owing: Engine) -> None:
    with writing(owing) as connection:
        add_case(connection, "A-1")
    placed(run)
    assert placements_of(owing)[0].case_id == "A-1-1"
