"""What a rule gives as its reason is a sentence for a human, and it changes on purpose only."""

from tests.domain.compliance.whys import PAGE, page

WRITTEN = PAGE.read_text(encoding="utf-8").splitlines()
REMEDY = "write the page anew: python -m tests.domain.compliance.whys --write"


def test_every_reason_that_a_rule_gives_is_written_down() -> None:
    assert page().splitlines() == WRITTEN, REMEDY


def test_a_reason_may_follow_the_name_of_its_rule() -> None:
    reasons = [line.split(": ", maxsplit=1)[1] for line in WRITTEN]
    assert [why for why in reasons if not why or why != why.strip(" .;:,")] == []
    assert [why for why in reasons if why[:1].isupper()] == [], "it goes on a sentence"
