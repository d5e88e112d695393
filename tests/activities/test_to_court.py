"""A case on its way to court with the real letter and the real pack: out once each, and back when the money comes."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from activities.escalation import court_pack, letter_before_action
from activities.escalation.court_pack import WITHDRAWN
from casedb.inbound import InboundFact, InboundKind
from casedb.inbox import receive
from config.settings import load_settings
from documents.archive import read_archive
from documents.evidence_check import check_bundle
from domain.case import CaseState
from domain.escalation import Escalation, OutsideKind, OutsidePlan
from domain.events import OutsideTaken
from domain.step import Escalate, TakeStep
from domain.vocabulary import CloseReason
from tests.config.conftest import SANDBOX_URLS
from tests.support.contacts import Play
from tests.support.law import LawPlay, law_play

DAY = timedelta(days=1)
TO_COURT = Escalation(
    steps=(
        OutsidePlan(step_id="letter", kind=OutsideKind.LETTER_BEFORE_ACTION),
        OutsidePlan(step_id="pack", kind=OutsideKind.COURT_PACK, wait_days=14),
    ),
    closes_after_days=60,
)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "letters", tmp_path / "packs"


@pytest.fixture
def law(any_play: Play, folders: tuple[Path, Path]) -> LawPlay:
    """The case of a person with a postal address, approved steps being the real ones."""
    any_play.add(
        "contact_point",
        contact_point_id="per-1:letter",
        person_id="per-1",
        channel="letter",
        address="8 Sample Avenue\nSpringfield IL 62701",
        line_type="unknown",
        preference=0,
    )
    letters, packs = folders
    settings = load_settings(None, **SANDBOX_URLS, letter_outbox_dir=letters, court_packs_dir=packs)
    letter, pack = letter_before_action.create(settings), court_pack.create(settings)
    assert letter is not None
    assert pack is not None
    made = law_play(any_play, TO_COURT, letter_before_action=letter, court_pack=pack)
    made.prepared()
    return made


def at_court(law: LawPlay) -> tuple[CaseState, datetime]:
    """The approved case with both steps taken, each as soon as it is due."""
    case, now = law.approved()
    for step_id in ("letter", "pack"):
        now = max(now, law.plan(case, now).at)
        case = replace(case, approval=replace(case.approval, expires_at=now + 90 * DAY))  # type: ignore[type-var]
        case, outcome = law.do(case, now)
        assert isinstance(outcome.event, OutsideTaken), outcome
        assert outcome.event.step_id == step_id
    return case, now


def pay(law: LawPlay, at: datetime) -> None:
    """All that is owed arrives."""
    fact = InboundFact(
        event_id="pay-1",
        source="ledger",
        kind=InboundKind.PAYMENT,
        at=at,
        account_id="acc-1",
        amount_minor=12_345,
        currency="USD",
    )
    receive(law.play.engine, fact, received_at=at)


def test_the_letter_and_then_the_pack_that_tells_of_it_go_out_once_each(
    law: LawPlay, folders: tuple[Path, Path]
) -> None:
    case, now = at_court(law)
    letters, packs = folders
    assert isinstance(law.plan(case, now).action, Escalate)
    assert len(list(letters.glob("*.pdf"))) == 1
    [pack] = packs.iterdir()
    assert check_bundle(pack.read_bytes()).holds
    files = {file.name: file.content for file in read_archive(pack.read_bytes())}
    [step] = json.loads(files["claim.json"])["pre_action"]
    assert (step["what"], step["reference"]) == ("letter_before_action", next(letters.glob("*.pdf")).name)
    said = json.loads(files["data/messages.json"])
    assert "Dear Ada Invented," in said[0]["body"]


def test_money_takes_both_back_once_and_the_case_closes_with_nothing_left_outside(
    law: LawPlay, folders: tuple[Path, Path]
) -> None:
    case, now = at_court(law)
    letters, packs = folders
    pay(law, now + DAY)
    for expected in ("outside_undone", "outside_undone", "case_closed"):
        case, outcome = law.do(case, now + DAY)
        assert outcome.event is not None
        assert outcome.event.kind == expected
    assert case.close_reason is CloseReason.PAID
    assert {row.status for row in law.play.rows("outside_step")} == {"undone"}
    assert len(list(letters.glob("*.pdf"))) == 2
    assert sorted(path.name.endswith(WITHDRAWN) for path in packs.iterdir()) == [False, True]
    papers = {row.kind: row.withdrawn_at for row in law.play.rows("paper")}
    assert papers == {
        "letter_before_action": now + DAY,
        "court_pack": now + DAY,
        "claim_withdrawn": None,
    }


def test_without_an_address_the_letter_waits_for_a_human_and_nothing_goes_out(
    law: LawPlay, folders: tuple[Path, Path]
) -> None:
    law.play.change("contact_point", undeliverable_since=law.play.rows("account")[0].ledger_as_of)
    case, now = law.approved()
    now = max(now, law.plan(case, now).at)
    assert isinstance(law.plan(case, now).action, TakeStep)
    case, _ = law.do(case, now)
    law.plan(case, now)
    assert [row.kind for row in law.play.rows("human_task") if row.done_at is None] == ["step_refused"]
    assert not folders[0].exists()
