"""The steps to an agency and to the bureaus as a case takes them: once, undone once, refused with the reason."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.escalation import agency_placement, bureau_furnishing
from activities.escalation.outside_steps import StepOrder, create_steps
from casedb.engine import writing
from config.agencies import AGENCIES_FILE
from config.furnishing import FURNISHING_FILE
from config.settings import load_settings
from domain.errors import StepRefused
from domain.escalation import OutsideKind
from tests.casedb.agencies import HARBOUR, add_owing, pay_us, placements_of, rows, send
from tests.casedb.bureaus import BEGUN, DAY, NOTICE, add_furnishable, add_hold, month_file, only
from tests.casedb.debts import add_case
from tests.config.test_settings import LIVE, SANDBOX_URLS

SETTINGS = load_settings(None, **SANDBOX_URLS)  # type: ignore[arg-type]  # texts
STEPS = create_steps(SETTINGS)
PLACE, FURNISH = STEPS[OutsideKind.AGENCY_PLACEMENT], STEPS[OutsideKind.BUREAU_FURNISHING]


def order(key: str = "A-1-1/place", at: datetime = BEGUN, **parameters: str | int | bool) -> StepOrder:
    return StepOrder(
        key=key, case_id="A-1-1", account_id="A-1", person_id="P-A-1", at=at, parameters=parameters, why="paid"
    )


def with_case(engine: Engine, add: Callable[[Engine], str]) -> None:
    """The account with its open case."""
    add(engine)
    with writing(engine) as connection:
        add_case(connection)


def test_a_placement_is_taken_and_undone_once(any_engine: Engine) -> None:
    with_case(any_engine, add_owing)
    for _ in range(2):
        with writing(any_engine) as connection:
            taken = PLACE.take(connection, order(agency="harbour"))
    [known] = placements_of(any_engine)
    assert taken.reference == f"placement:{known.file_number}"
    assert "its next export tells it" in taken.says
    assert len(send(any_engine, HARBOUR).files) == 1
    pay_us(any_engine, 10_000)
    says = []
    for _ in range(2):
        with writing(any_engine) as connection:
            says.append(PLACE.undo(connection, order()).says)
    assert says[0] == says[1]
    assert says[0].startswith("recalled as PIF, final on 2027-04-10: paid")
    [file] = [each for each in send(any_engine, HARBOUR, at=BEGUN).files if "recall" in each.name]
    assert file.totals.count == 1
    with writing(any_engine) as connection:
        assert "it is recalled already" in PLACE.undo(connection, order()).says


def test_a_placement_that_may_not_be_is_refused_and_leaves_nothing(any_engine: Engine) -> None:
    add_owing(any_engine)
    for wanted, says in ((order(agency="nobody"), "is not in the file of agencies"), (order(), "agency None")):
        with pytest.raises(StepRefused, match=says), writing(any_engine) as connection:
            PLACE.take(connection, wanted)
    with pytest.raises(StepRefused, match="a person must look"), writing(any_engine) as connection:
        PLACE.undo(connection, order("never"))
    assert rows(any_engine, "placement") == []


def test_a_furnishing_is_taken_and_corrected_once(any_engine: Engine) -> None:
    with_case(any_engine, add_furnishable)
    wanted = order("A-1-1/furnish")
    for _ in range(2):
        with writing(any_engine) as connection:
            taken = FURNISH.take(connection, wanted)
    assert taken.says == "furnished from the next file on; the person was told on 2027-03-01"
    assert only(month_file(any_engine, BEGUN.date().replace(day=1)))["account_status"] == "80"
    says = []
    for at in (BEGUN + 19 * DAY, BEGUN + 20 * DAY):
        with writing(any_engine) as connection:
            says.append(FURNISH.undo(connection, order("A-1-1/furnish", at)).says)
    assert says == ["the next file takes everything back (status DA): paid"] * 2
    deleted = only(month_file(any_engine, BEGUN.date().replace(day=1), BEGUN + 20 * DAY))
    assert (deleted["account_status"], deleted["correction_indicator"]) == ("DA", 1)


def test_a_furnishing_waits_for_its_notice_and_says_until_when(any_engine: Engine) -> None:
    add_furnishable(any_engine)
    with pytest.raises(StepRefused) as refused, writing(any_engine) as connection:
        FURNISH.take(connection, order("k", NOTICE + DAY))
    assert refused.value.until == datetime.fromisoformat("2027-03-31T04:00:00+00:00")
    assert rows(any_engine, "furnishing") == []


def test_a_dispute_is_corrected_by_its_code(any_engine: Engine) -> None:
    with_case(any_engine, add_furnishable)
    with writing(any_engine) as connection:
        FURNISH.take(connection, order("A-1-1/furnish"))
    month_file(any_engine, BEGUN.date().replace(day=1), BEGUN)
    add_hold(any_engine, "dispute", BEGUN + DAY)
    with writing(any_engine) as connection:
        says = FURNISH.undo(connection, order("A-1-1/furnish", BEGUN + 2 * DAY)).says
    assert says == "the next file corrects it by the code of what happened: paid"
    corrected = only(month_file(any_engine, BEGUN.date().replace(day=1), BEGUN + 3 * DAY))
    assert (corrected["account_status"], corrected["compliance_condition"]) == ("80", "XB")
    with pytest.raises(StepRefused, match="a person must look"), writing(any_engine) as connection:
        FURNISH.undo(connection, order("never"))


def test_what_a_strategy_may_not_say_is_told_at_the_start() -> None:
    assert list(FURNISH.problems({"bureau": "x"})) == ["bureau_furnishing has no parameter bureau"]
    assert list(PLACE.problems({})) == ["agency_placement needs agency, one of harbour, northgate"]
    assert list(PLACE.problems({"agency": "harbour"})) == []


def test_live_mode_has_neither_invented_agencies_nor_an_invented_furnisher(tmp_path: Path) -> None:
    live = load_settings(None, **LIVE)  # type: ignore[arg-type]  # texts
    assert agency_placement.create(live) is None
    assert bureau_furnishing.create(live) is None
    own = {"agencies_file": tmp_path / "a.yaml", "furnishing_file": tmp_path / "f.yaml"}
    own["agencies_file"].write_bytes(AGENCIES_FILE.read_bytes())
    own["furnishing_file"].write_bytes(FURNISHING_FILE.read_bytes())
    live = load_settings(None, **LIVE, **own)  # type: ignore[arg-type]  # texts and paths
    assert agency_placement.create(live) is not None
    assert bureau_furnishing.create(live) is not None
