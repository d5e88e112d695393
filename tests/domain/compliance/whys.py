"""Every sentence that a rule gives as its reason, over the worked cases and the acts below that no case makes.

python -m tests.domain.compliance.whys --write   writes tests/domain/compliance/whys.txt
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.golden import GoldenCase, read_cases
from domain.compliance.facts import Act
from tests.domain.compliance import acts, test_legal, test_requests, test_rules, worked

HERE = Path(__file__).parent
PAGE = HERE / "whys.txt"
WORKED = ("golden_public.jsonl", "worked_us.jsonl", "worked_others.jsonl")
VOICEMAIL: dict[str, Any] = {"kind": "content", "channel": "voicemail", "purpose": "limited_content"}
SUITS: tuple[dict[str, Any], ...] = (
    {"attorney": {"known": True}},
    {"debt_advice_hold": {"start": "2026-06-01", "days": 30}},
    {"in_validation_period": True},
)
REQUESTS: tuple[dict[str, Any], ...] = (
    {"request": "delete", "open_debt": True, "legal_hold": True},
    {"request": "purge", "record": "call_recording"},
)


def _more() -> Iterator[Act]:
    yield worked.act("US", **VOICEMAIL, text="This is Ann Lee of Blue Sky. Call 555 010 0199. The weather is fine.")
    yield worked.act("US", channel="call", recipient="third_party", purpose="location", text="This is Ann Lee.")
    yield worked.act("US", channel="letter", purpose="validation_notice", flags={"missing_fields": ["a", "b"]})
    yield worked.act("US", channel="email", address={"type": "public_email", "procedure": "creditor_notice"})
    yield acts.act("US-TX")
    yield worked.act("CN", channel="letter", flags={"default_date": "2012-01-01"})
    for flags in SUITS:
        yield worked.act("US", **test_legal.SUE, flags=test_legal.READY | flags)
    for flags in REQUESTS:
        yield worked.act("US-CA", **test_requests.REQUEST, flags=flags)


def _asked() -> Iterator[tuple[Act, bool]]:
    """Each act, and whether by the law alone."""
    for name in WORKED:
        with (HERE / name).open(encoding="utf-8") as lines:
            for case in read_cases(lines):
                assert isinstance(case, GoldenCase)
                yield case.act, True
    for row in test_rules.ROWS:
        yield acts.act(row.of, **row.fires), not row.house
    for act in _more():
        yield act, True


def page() -> str:
    """Rule, effect and sentence, each once and in order, one a line."""
    verdicts = (acts.ask(act, law_alone=law_alone) for act, law_alone in _asked())
    said = {f"{each.rule} {each.effect}: {each.why}\n" for verdict in verdicts for each in verdict.fired}
    return "".join(sorted(said))


def main(arguments: list[str]) -> int:
    """Print the page, or write it."""
    if arguments == ["--write"]:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
