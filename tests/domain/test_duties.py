"""What holds oblige us to: days of the account's calendar, ways out that are kept in order, ends by law."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.holds import load_hold_rules
from domain.duties import DutyRule, Effect, HoldRule, Outcome, WayOut, require_code
from domain.errors import InvalidInput
from domain.holds import DutyState, HoldState
from domain.ladder import explain
from domain.step import Rest
from domain.vocabulary import HoldKind, TaskKind
from tests.domain.cases import NEW_YORK, STANDARD, a_case, after_dpd, facts_of, step_of

RULES = load_hold_rules()
FRIDAY = datetime(2026, 11, 20, 15, tzinfo=UTC)
LONDON = "Europe/London"


def rule(jurisdiction: str, kind: HoldKind, code: str = "") -> HoldRule:
    found = RULES.find(jurisdiction, kind, code)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("jurisdiction", "kind", "days"),
    [
        ("US", HoldKind.DISPUTE, {"acknowledge": "2026-11-30", "verify": "2026-12-20", "decide": "2027-01-04"}),
        ("UK", HoldKind.COMPLAINT, {"acknowledge": "2026-11-25", "answer": "2027-01-15"}),
        ("US", HoldKind.COMPLAINT, {"acknowledge": "2026-12-05", "answer": "2027-01-19"}),
        ("SG", HoldKind.COMPLAINT, {"acknowledge": "2026-11-27", "answer": "2026-12-20"}),
        ("UK", HoldKind.BREATHING_SPACE, {"confirm": "2026-11-23", "midway_review": "2026-12-25"}),
    ],
)
def test_each_duty_is_due_on_its_day_of_the_accounts_calendar(
    jurisdiction: str, kind: HoldKind, days: dict[str, str]
) -> None:
    planned = rule(jurisdiction, kind).plan(FRIDAY, LONDON)
    assert {each.duty: each.due_on.isoformat() for each in planned} == days


def test_a_state_has_the_duties_of_its_country_and_a_country_without_a_file_those_of_the_house() -> None:
    assert RULES.find("US-CA", HoldKind.DISPUTE) is RULES.find("US", HoldKind.DISPUTE)
    assert RULES.find("SG", HoldKind.DISPUTE) is RULES.find("DEFAULT", HoldKind.DISPUTE)
    assert RULES.find("US", HoldKind.CUSTOM) is None


def test_a_breathing_space_ends_after_sixty_days_of_which_the_first_is_its_start() -> None:
    started = datetime(2027, 6, 1, 15, tzinfo=UTC)
    assert rule("UK", HoldKind.BREATHING_SPACE).end(started, LONDON) == datetime(
        2027, 7, 31, tzinfo=ZoneInfo(LONDON)
    ).astimezone(UTC)


def test_a_breathing_space_in_a_mental_health_crisis_ends_thirty_days_after_the_treatment() -> None:
    crisis = rule("UK", HoldKind.BREATHING_SPACE, "mental_health_crisis")
    assert crisis.end(FRIDAY, LONDON) is None
    ended = datetime(2027, 3, 1, 9, tzinfo=UTC)
    assert crisis.end_by("treatment_ended", ended, LONDON) == datetime(2027, 3, 31, 23, tzinfo=UTC), (
        "31 March is inside"
    )
    again = crisis.again("still_in_treatment", FRIDAY, LONDON)
    assert again is not None
    assert again.due_on == date(2026, 12, 20)
    assert again.opens_at < again.due_at - timedelta(days=10)


def test_needs_are_told_by_a_known_code_alone() -> None:
    with pytest.raises(InvalidInput, match=r"code \(missing\) of a vulnerability hold is not known; known: calls_only"):
        require_code(rule("UK", HoldKind.VULNERABILITY), "")
    with pytest.raises(InvalidInput, match="code depression"):
        rule("UK", HoldKind.VULNERABILITY, "depression")
    require_code(rule("UK", HoldKind.VULNERABILITY, "large_print"), "large_print")
    require_code(rule("UK", HoldKind.HARDSHIP), "")


@pytest.mark.parametrize("jurisdiction", ["US", "UK", "CN", "SG"])
def test_a_dispute_is_rejected_only_after_verification_and_upheld_by_a_correction_of_the_lender(
    jurisdiction: str,
) -> None:
    dispute = rule(jurisdiction, HoldKind.DISPUTE)
    assert dispute.by_decision_only
    with pytest.raises(InvalidInput, match="rejected needs verify first"):
        dispute.way(Outcome.REJECTED, {"acknowledge"})
    assert dispute.way(Outcome.REJECTED, {"verify"}).effect is Effect.RELEASE
    upheld = dispute.way(Outcome.UPHELD, ())
    left = dispute.follow_up(upheld, FRIDAY, NEW_YORK)
    assert left is not None
    assert (left.duty, left.needs_evidence) == ("correct_ledger", True)


def test_a_decision_that_the_kind_does_not_know_is_refused_with_those_that_it_does() -> None:
    with pytest.raises(InvalidInput, match="does not end as programme_agreed; its ways out: upheld, partly_upheld"):
        rule("US", HoldKind.DISPUTE).way(Outcome.PROGRAMME_AGREED, ())


@given(
    days=st.integers(0, 400),
    business=st.booleans(),
    at=st.datetimes(datetime(2026, 1, 1), datetime(2034, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
    zone=st.sampled_from(["America/New_York", "Asia/Shanghai", "Pacific/Apia", LONDON]),
)
def test_a_duty_is_overdue_only_after_the_whole_of_its_last_day(
    days: int, business: bool, at: datetime, zone: str
) -> None:
    duty = DutyRule(duty="d", what="do it", days=days, business=business)
    ways = (WayOut(outcome=Outcome.WITHDRAWN, effect=Effect.RELEASE),)
    (planned,) = HoldRule(kind=HoldKind.HARDSHIP, owner="care", duties=(duty,), ways_out=ways).plan(at, zone)
    local = at.astimezone(ZoneInfo(zone)).date()
    assert planned.opens_at <= at
    assert planned.due_on >= local + timedelta(days=days)
    assert planned.due_at.astimezone(ZoneInfo(zone)).date() == planned.due_on + timedelta(days=1)
    assert planned.due_at > at


def held(now_due: int, *, opens: int = 0, **more: object) -> HoldState:
    duty = DutyState(
        duty="verify",
        opens_at=after_dpd(opens, 0),
        due_on=after_dpd(now_due, 0).date(),
        due_at=after_dpd(now_due + 1, 0),
    )
    stated: dict[str, object] = {"kind": HoldKind.DISPUTE, "starts_at": after_dpd(1), "duties": (duty,)} | more
    return HoldState(hold_id="h", owner="disputes", **stated)  # type: ignore[arg-type]  # fields of the hold


def test_a_held_case_looks_again_when_a_duty_opens_and_when_it_is_overdue_and_says_which_is_next() -> None:
    case = a_case(holds=(held(20, opens=10),))
    step = step_of(case, after_dpd(2))
    assert (step.at, step.action) == (after_dpd(10, 0), Rest())
    later = step_of(case, after_dpd(20))
    assert later.at == after_dpd(21, 0)
    assert later.why.endswith("; next duty: verify by 2027-01-23")
    overdue = step_of(case, after_dpd(25))
    assert overdue.why.endswith("; next duty: verify overdue since 2027-01-23")
    assert overdue.at > after_dpd(25)


def test_a_hold_never_ends_because_its_duty_is_overdue() -> None:
    case = a_case(holds=(held(20),))
    for days in range(2, 400, 7):
        assert isinstance(step_of(case, after_dpd(days)).action, Rest)


def test_who_has_a_duty_is_not_asked_for_a_review_too_until_all_are_done() -> None:
    assert step_of(a_case(holds=(held(20),)), after_dpd(2)).action == Rest()
    done = step_of(a_case(holds=(held(20, duties=()),)), after_dpd(2)).action
    assert isinstance(done, Rest)
    assert done.task is TaskKind.HOLD_REVIEW


def test_a_hold_with_an_end_rests_until_a_duty_or_its_end_whichever_is_first() -> None:
    ending = held(20, ends_at=after_dpd(15))
    assert step_of(a_case(holds=(ending,)), after_dpd(2)).at == after_dpd(15)
    assert step_of(a_case(holds=(held(5, ends_at=after_dpd(15)),)), after_dpd(2)).at == after_dpd(6, 0)


def test_the_duties_of_a_released_hold_hold_nothing_up() -> None:
    case = a_case(holds=(held(20, released_at=after_dpd(3)),))
    checks = explain(case, facts_of(case), STANDARD, after_dpd(4))
    assert "duty" not in " ".join(check.finding.says for check in checks)
