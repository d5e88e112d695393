"""The shipped strategies mean what they say, and a wrong file is refused at the place of its mistake."""

from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest

from activities.escalation.outside_steps import create_steps, step_problems
from config.settings import load_settings
from config.strategies import load_strategies
from domain.errors import ConfigurationError
from domain.escalation import ENDS, Escalation, OutsideKind, OutsidePlan
from domain.negotiation.allocation import Part
from domain.step import Contact
from domain.strategy import CurrencyTerms, ReliefTerms, Strategy
from domain.vocabulary import Channel
from tests.config.conftest import CONFIG, SANDBOX_URLS, line_of
from tests.domain.cases import a_case, after_dpd, step_of

Change = Callable[[str, str, str], Path]
STANDARD = "strategies/wallet-standard.yaml"


@pytest.fixture(scope="module")
def shipped() -> dict[str, Strategy]:
    return load_strategies(CONFIG / "strategies")


def offsets(strategy: Strategy) -> list[int]:
    """Days past due of the ladder, without what is said before."""
    return [touch.offset_days for plan in strategy.stages for touch in plan.touches if not touch.is_courtesy]


def test_the_standard_ladder_is_ten_touches_in_four_stages(shipped: dict[str, Strategy]) -> None:
    standard = shipped["wallet-standard"]
    assert [len(plan.touches) for plan in standard.stages] == [3, 3, 2, 2]
    assert offsets(standard) == [1, 4, 8, 12, 17, 23, 30, 38, 60, 75]
    assert (standard.grace_days, standard.latest) == (0, time(20))
    first = standard.stages[0].touches[0]
    assert (first.at, first.channels) == (time(10), (Channel.SMS, Channel.EMAIL))


def test_every_legal_notice_and_the_last_offer_are_mandatory(shipped: dict[str, Strategy]) -> None:
    mandatory = [
        touch.touch_id for plan in shipped["wallet-standard"].stages for touch in plan.touches if touch.mandatory
    ]
    assert mandatory == ["offer-2", "notice-1", "notice-2"]


def test_the_planned_days_leave_room_for_their_own_gaps(shipped: dict[str, Strategy]) -> None:
    for strategy in shipped.values():
        wait, last = 0, None
        for plan in strategy.stages:
            for index, touch in enumerate(plan.touches):
                least = plan.gap_days if index else max(wait, plan.gap_days)
                assert last is None or touch.offset_days - last >= least, touch.touch_id
                last = touch.offset_days
            wait = plan.wait_days


def test_the_gentle_ladder_is_slower_and_softer(shipped: dict[str, Strategy]) -> None:
    gentle, standard = shipped["wallet-gentle"], shipped["wallet-standard"]
    assert gentle.grace_days == 3
    assert len(offsets(gentle)) < len(offsets(standard))
    assert offsets(gentle)[0] > offsets(standard)[0]
    assert offsets(gentle)[-1] > offsets(standard)[-1]
    assert gentle.instalments_max > standard.instalments_max


def test_every_shipped_ladder_asks_every_condition_before_law_and_leave_stands_thirty_days(
    shipped: dict[str, Strategy],
) -> None:
    assert {strategy.escalation for strategy in shipped.values()} == {Escalation()}
    assert {strategy.approval_expires_days for strategy in shipped.values()} == {30}


ESCALATION = "escalation: {ends_as: legal_referral, steps: []}"


def test_steps_are_read_with_their_waits_and_parameters(changed: Change) -> None:
    steps = "[{id: letter, kind: letter_before_action}, {id: agency, kind: agency_placement, wait_days: 30, "
    written = f"escalation: {{closes_after_days: 60, steps: {steps} parameters: {{agency: harbour}}}}]}}"
    strategy = load_strategies(changed("strategies/wallet-gentle.yaml", ESCALATION, written))["wallet-gentle"]
    assert strategy.escalation == Escalation(
        steps=(
            OutsidePlan(step_id="letter", kind=OutsideKind.LETTER_BEFORE_ACTION),
            OutsidePlan(
                step_id="agency", kind=OutsideKind.AGENCY_PLACEMENT, wait_days=30, parameters={"agency": "harbour"}
            ),
        ),
        closes_after_days=60,
    )


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("steps: [{id: a, kind: court_pack}, {id: a, kind: charge_off}]", "step ids must differ"),
        ("steps: [{id: a, kind: write_off}]", "a case ends as written_off by a write_off"),
        ("ends_as: written_off", "a case ends as written_off by a write_off"),
        ("ends_as: paid", "ends_as must be one of"),
        ("ends_as: charged_off", "needs a step charge_off"),
        (
            "ends_as: written_off, steps: [{id: a, kind: write_off}, {id: b, kind: write_off}]",
            "write_off must be the last step",
        ),
        ("steps: [{id: a, kind: siege}]", "must be 'letter_before_action'"),
        ("steps: [{id: a, kind: court_pack, wait_days: -1}]", "wait_days: must be greater"),
    ],
)
def test_an_escalation_that_cannot_be_meant_is_refused(changed: Change, written: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"escalation.*{reason}"):
        load_strategies(changed("strategies/wallet-gentle.yaml", ESCALATION, f"escalation: {{{written}}}"))


def test_a_courtesy_is_the_first_touch_before_the_due_date(shipped: dict[str, Strategy]) -> None:
    courtesy = shipped["wallet-gentle"].courtesy
    assert courtesy is not None
    assert (courtesy.touch_id, courtesy.offset_days, courtesy.template) == ("courtesy", -3, "courtesy_1")
    assert not courtesy.mandatory


@pytest.mark.parametrize(
    ("wrong", "key", "reason"),
    [
        ("courtesy: {days_before: 0, at: '10:00', channels: [sms], template: courtesy_1}", "days_before", "greater"),
        ("courtesy: {days_before: 15, at: '10:00', channels: [sms], template: courtesy_1}", "days_before", "less"),
        ("courtesy: {days_before: 3, at: '20:00', channels: [sms], template: courtesy_1}", "at", "before latest"),
        ("courtesy: {days_before: 3, at: '10:00', channels: [sms, sms], template: courtesy_1}", "courtesy", "differ"),
        ("courtesy: {days_before: 3, at: '10:00', channels: [], template: courtesy_1}", "channels", "at least one"),
    ],
)
def test_a_courtesy_that_cannot_be_meant_is_refused(changed: Change, wrong: str, key: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"{key}.*{reason}"):
        load_strategies(changed(STANDARD, "grace_days: 0", f"grace_days: 0\n{wrong}"))


def test_amounts_are_exact_in_minor_units(shipped: dict[str, Strategy]) -> None:
    currencies = shipped["wallet-standard"].currencies
    assert set(currencies) == {"CNY", "USD", "GBP", "EUR", "INR", "IDR", "SGD"}
    assert currencies["CNY"] == CurrencyTerms(immaterial_below_minor=500, instalment_floor_minor=10000)


@pytest.mark.parametrize(
    ("written", "waived", "asked"),
    [
        ("residual: ask", 0, True),
        ("residual: ask, residual_waived_below: 3.00", 300, True),
        ("residual: waive, residual_waived_below: 3.00", 300, False),
        ("residual_waived_below: 3.00", 300, False),
        ("residual: keep", 0, False),
    ],
)
def test_what_becomes_of_a_residue_is_said_per_currency(
    changed: Change, written: str, waived: int, asked: bool
) -> None:
    directory = changed(STANDARD, "instalment_floor: 100.00}", f"instalment_floor: 100.00, {written}}}")
    terms = load_strategies(directory)["wallet-standard"].currencies["CNY"]
    assert (terms.residual_waived_below_minor, terms.residual_asked) == (waived, asked)


def test_what_may_be_negotiated_is_read_with_its_terms_in_writing(shipped: dict[str, Strategy]) -> None:
    standard = shipped["wallet-standard"]
    terms = standard.terms_in("USD")
    assert (terms.promises_max, terms.plans_max, terms.plan_misses_max, terms.plan_months_max) == (3, 2, 2, 60)
    assert (terms.plan_rate_bp, terms.closed_weekdays, terms.settlement_grace_days) == (0, (6, 7), 2)
    assert standard.relief == ReliefTerms(
        deferral_days_max=60, deferrals_max=1, settlement_least_percent=50, settlement_within_days=30
    )
    assert standard.agreements is not None
    assert (standard.agreements.at, standard.agreements.reminder_days_before) == (time(10), 2)
    assert standard.allocation == (Part.FEES, Part.INTEREST, Part.PRINCIPAL)
    assert {"agreement_terms", "promise_reminder", "instalment_reminder"} <= standard.templates


def test_a_strategy_that_says_nothing_of_it_writes_nothing_and_grants_no_relief(changed: Change) -> None:
    directory = changed(STANDARD, '  written: {at: "10:00", channels: [email, sms], reminder_days_before: 2}\n', "")
    strategy = load_strategies(directory)["wallet-standard"]
    assert strategy.agreements is None
    assert "agreement_terms" not in strategy.templates


def test_a_version_changes_with_the_file(changed: Change, shipped: dict[str, Strategy]) -> None:
    other = load_strategies(changed(STANDARD, "grace_days: 0", "grace_days: 1"))["wallet-standard"]
    assert other.version != shipped["wallet-standard"].version


def test_an_unquoted_time_is_a_time_and_not_a_sexagesimal_number(changed: Change) -> None:
    strategies = load_strategies(changed(STANDARD, 'latest: "20:00"', "latest: 20:00"))
    assert strategies["wallet-standard"].latest == time(20)


FIRST = 'id: reminder-1, offset_days: 1, at: "10:00", channels: [sms, email], template: reminder_1'


@pytest.mark.parametrize(
    ("old", "new", "at", "told"),
    [
        (
            "offset_days: 4,",
            "offset_days: soon,",
            "id: reminder-2",
            "stages.reminder.touches[1].offset_days: must be a valid integer",
        ),
        (
            "offset_days: 4,",
            'offset_days: "4",',
            "id: reminder-2",
            "stages.reminder.touches[1].offset_days: must be a valid integer",
        ),
        (
            "offset_days: 4,",
            "offset_days: -4,",
            "id: reminder-2",
            "stages.reminder.touches[1].offset_days: must be greater than or",
        ),
        (
            "offset_days: 4,",
            "offset_days: 9,",
            "id: reminder-3",
            "stages.reminder.touches[2].offset_days: must not be before the",
        ),
        (
            "offset_days: 12,",
            "offset_days: 2,",
            "id: follow-up-1",
            "stages.follow_up.touches[0].offset_days: must not be before the",
        ),
        (
            "id: reminder-2,",
            "id: reminder-1,",
            "offset_days: 4",
            "stages.reminder.touches[1].id: 'reminder-1' stands twice; a touch",
        ),
        (
            'at: "10:00"',
            'at: "20:00"',
            "id: reminder-1",
            "stages.reminder.touches[0].at: must be before latest (20:00)",
        ),
        (
            'at: "10:00"',
            'at: "24:00"',
            "id: reminder-1",
            'stages.reminder.touches[0].at: must be a time from "00:00" to "23:59"',
        ),
        (
            'at: "10:00"',
            "at: 600",
            "id: reminder-1",
            'stages.reminder.touches[0].at: must be a time from "00:00" to "23:59", not 600',
        ),
        (
            "[sms, email]",
            "[sms, fax]",
            "id: reminder-1",
            "stages.reminder.touches[0].channels[1]: must be 'sms', 'email', 'push'",
        ),
        (
            "when_lost: human",
            "when_lost: go_on",
            "when_lost: go_on",
            "stages.legal_escalation.when_lost: legal_escalation: when_lost must be human",
        ),
        (
            "when_lost: other_channel",
            "when_lost: go_on",
            "when_lost: go_on",
            "stages.installment_offer.when_lost: stage installment_offer: when_lost cannot be go_on",
        ),
        ("[sms, email]", "[]", "id: reminder-1", "stages.reminder.touches[0].channels: must have at least one entry"),
        (
            "[sms, email]",
            "[sms, sms]",
            "id: reminder-1",
            "stages.reminder.touches[0]: channels must differ: ['sms', 'sms']",
        ),
        (", template: reminder_1", "", "id: reminder-1", "stages.reminder.touches[0].template: is missing"),
        (
            "mandatory: true",
            "mandatory: yes",
            "id: offer-2",
            "stages.installment_offer.touches[1].mandatory: must be a valid bool",
        ),
        ("    gap_days: 3", "    gap: 3", "    gap: 3", "stages.reminder.gap: is not a key that belongs here"),
        ("    gap_days: 3", "    gap: 3", "  reminder:", "stages.reminder.gap_days: is missing"),
        ("  follow_up:", "  followup:", "stages:", "stages.follow_up: is missing"),
        ("grace_days: 0", "grace_days: 0\ngrace_days: 1", "grace_days: 1", "grace_days: stands twice; keep one"),
        (
            "promise_floor_percent: 20",
            "promise_floor_percent: 0",
            "promise_floor_percent:",
            "negotiation.promise_floor_percent: must be grea",
        ),
        (
            "instalments_max: 6",
            "instalments_max: 61",
            "instalments_max:",
            "negotiation.instalments_max: must be less than or equal to",
        ),
        (
            "CNY: {immaterial_below: 5.00",
            "CNY: {immaterial_below: 5.001",
            "  CNY:",
            "currencies.CNY: amount '5.001' has more",
        ),
        (
            "CNY: {immaterial_below: 5.00",
            "CNY: {immaterial_below: -1",
            "  CNY:",
            "currencies.CNY: immaterial_below must be 0",
        ),
        (
            "instalment_floor: 100.00",
            "instalment_floor: 0",
            "  CNY:",
            "currencies.CNY: immaterial_below must be 0 or more",
        ),
        (
            "instalment_floor: 100.00}",
            "instalment_floor: 100.00, residual: waive}",
            "  CNY:",
            "currencies.CNY: residual: waive needs residual_waived_below",
        ),
        (
            "instalment_floor: 100.00}",
            "instalment_floor: 100.00, residual: keep, residual_waived_below: 1}",
            "  CNY:",
            "currencies.CNY: residual: keep waives nothing",
        ),
        (
            "instalment_floor: 100.00}",
            "instalment_floor: 100.00, residual: perhaps}",
            "  CNY:",
            "currencies.CNY.residual: must be 'waive', 'keep' or 'ask'",
        ),
        ("  CNY:", "  ABC:", "  ABC:", "currencies.ABC: ABC is not an ISO 4217 code in use"),
        ("  CNY:", "  cny:", "  cny:", "currencies.cny: must match pattern"),
        (
            "allocation: [fees, interest, principal]",
            "allocation: [fees, fees, principal]",
            "allocation:",
            "negotiation.allocation: an order of allocation names fees, interest, principal once each",
        ),
        (
            'written: {at: "10:00"',
            'written: {at: "21:00"',
            "written:",
            "negotiation.written.at: must be before latest (20:00)",
        ),
        (
            "plan_months_max: 60",
            "plan_months_max: 61",
            "plan_months_max:",
            "negotiation.plan_months_max: must be less than or equal to 60",
        ),
        (
            "settlement_least_percent: 50",
            "settlement_least_percent: 0",
            "settlement_least_percent:",
            "negotiation.relief.settlement_least_percent: must be greater than or equal to 1",
        ),
        (
            "closed_weekdays: [6, 7]",
            "closed_weekdays: [6, 8]",
            "closed_weekdays:",
            "negotiation.closed_weekdays[1]: must be less than or equal to 7",
        ),
        (
            "retry_hours: [1, 4, 24]",
            "retry_hours: [1, 0]",
            "retry_hours:",
            "retry_hours[1]: must be greater than or equal to 1",
        ),
    ],
)
def test_a_mistake_is_told_with_file_line_key_and_reason(
    changed: Change, old: str, new: str, at: str, told: str
) -> None:
    directory = changed(STANDARD, old, new)
    with pytest.raises(ConfigurationError) as caught:
        load_strategies(directory)
    lines = str(caught.value).splitlines()
    expected = f"wallet-standard.yaml:{line_of(at, directory / 'wallet-standard.yaml')} {told}"
    assert any(line.startswith(expected) for line in lines), (expected, lines)


def test_every_problem_of_every_file_is_told_at_once(changed: Change) -> None:
    changed(STANDARD, FIRST, FIRST.replace("offset_days: 1", "offset_days: one").replace('"10:00"', "10:0"))
    directory = changed("strategies/wallet-gentle.yaml", "grace_days: 3", "grace_days: few\nmood: kind")
    with pytest.raises(ConfigurationError) as caught:
        load_strategies(directory)
    told = str(caught.value).splitlines()
    assert [line.split()[0].partition(":")[0] for line in told] == ["wallet-gentle.yaml"] * 2 + [
        "wallet-standard.yaml"
    ] * 2


def test_the_examples_take_every_kind_of_step_and_a_worker_with_folders_can_take_each(tmp_path: Path) -> None:
    examples = load_strategies(CONFIG.parent / "examples" / "strategies")
    escalations = [strategy.escalation for strategy in examples.values() if strategy.escalation is not None]
    assert {plan.kind for each in escalations for plan in each.steps} == set(OutsideKind)
    assert {each.ends_as for each in escalations} == ENDS
    settings = load_settings(
        None,
        **SANDBOX_URLS,
        letter_outbox_dir=tmp_path,
        court_packs_dir=tmp_path,
        postal_address="1 Main St; Springfield",
    )
    assert list(step_problems(examples, create_steps(settings))) == []
    assert any("letter_before_action is not there" in told for told in step_problems(examples, {}))


def test_the_hold_out_says_nothing_for_sixty_days_and_then_everything() -> None:
    waits = load_strategies(CONFIG.parent / "examples" / "strategies")["wallet-holdout"]
    case = a_case(strategy=waits.name, strategy_version=waits.version)
    first = step_of(case, after_dpd(1), waits)
    assert isinstance(first.action, Contact)
    assert (first.action.touch_key, first.at) == ("reminder/reminder-1", after_dpd(61, 11))
    mandatory = [touch.touch_id for plan in waits.stages for touch in plan.touches if touch.mandatory]
    assert mandatory == ["offer-1", "notice-1", "notice-2"]
