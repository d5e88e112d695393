"""The figures of each arm, counted on both databases: by people, and only of what happened while a case was open."""

from sqlalchemy import Engine, insert, update

from casedb import schema
from casedb.campaign_report import read_arms
from casedb.campaign_totals import require_campaign
from casedb.engine import reading, writing
from domain.experiments.report import ArmFigures
from tests.casedb.people import add_account
from tests.domain.cases import GENTLE, STANDARD
from tests.support.experiment import DAY, STARTED, add_experiment, add_payment, add_touch


def figures(engine: Engine) -> tuple[ArmFigures, ArmFigures]:
    with reading(engine) as connection:
        champion, challenger = read_arms(connection, require_campaign(connection, "november"))
    return champion, challenger


def test_each_arm_is_counted_by_people(any_engine: Engine) -> None:
    add_experiment(any_engine, 4, paying={STANDARD.name: 1, GENTLE.name: 2})
    champion, challenger = figures(any_engine)
    assert (champion.arm.name, challenger.arm.name) == (STANDARD.name, GENTLE.name)
    assert (champion.people, champion.cases, champion.cured, champion.undecided) == (4, 4, 1, 3)
    assert (challenger.people, challenger.cured, challenger.undecided) == (4, 2, 2)
    assert champion.contacts == 4
    usd = challenger.money["USD"]
    assert (usd.count, usd.total, usd.squares) == (4, 20_001, 10_000**2 + 10_001**2)


def test_a_person_with_two_accounts_is_one_and_cured_when_both_are(any_engine: Engine) -> None:
    add_experiment(any_engine, 2, paying={STANDARD.name: 2, GENTLE.name: 0})
    person = f"P-{STANDARD.name}-0"
    with writing(any_engine) as connection:
        add_account(connection, "second", person, balance_minor=100)
        connection.execute(
            insert(schema.campaign_member).values(
                campaign_id="november", account_id="second", status="enrolled", arm=STANDARD.name
            )
        )
        connection.execute(
            insert(schema.case).values(
                case_id="second-1", account_id="second", person_id=person, campaign_id="november",
                strategy=GENTLE.name, strategy_version=GENTLE.version, stage="reminder", opened_at=STARTED,
                opening_balance_minor=100, decisions=1,
            )
        )  # fmt: skip
    champion, _ = figures(any_engine)
    assert (champion.people, champion.cases, champion.cured, champion.undecided) == (2, 3, 1, 1)
    assert champion.moved == 1, "its case runs under another strategy than its arm's"
    assert champion.money["USD"].count == 2


def test_only_what_happened_while_a_case_was_open_counts(any_engine: Engine) -> None:
    add_experiment(any_engine, 3, paying={STANDARD.name: 1, GENTLE.name: 0})
    closed, still_open = f"{STANDARD.name}-0", f"{STANDARD.name}-1"
    with writing(any_engine) as connection:
        for who, at in ((closed, STARTED + 30 * DAY), (still_open, STARTED + 2 * DAY), (still_open, STARTED - DAY)):
            connection.execute(
                insert(schema.consent).values(
                    consent_id=f"{who}:{at}", person_id=f"P-{who}", channel="sms", permission="withdrawn", at=at,
                    source="sms_reply",
                )
            )  # fmt: skip
            connection.execute(
                insert(schema.hold).values(
                    hold_id=f"{who}:{at}", person_id=f"P-{who}", kind="complaint", reason="", owner="care", starts_at=at
                )
            )
        add_payment(connection, f"A-{still_open}", 500)
        add_payment(connection, f"A-{still_open}", -200, at=STARTED + 4 * DAY)
        add_touch(connection, f"A-{still_open}", f"P-{still_open}", "reminder/reminder-2")
        failed = schema.touch.c.touch_key == "reminder/reminder-2"
        connection.execute(update(schema.touch).where(failed).values(status="failed"))
    champion, challenger = figures(any_engine)
    assert (champion.opted_out, champion.complained) == (1, 1)
    assert (challenger.opted_out, challenger.complained) == (0, 0)
    assert champion.money["USD"].total == 10_000 + 300
    assert champion.contacts == 3, "a message that was refused reached nobody"


def test_a_campaign_from_before_there_were_arms_is_one_arm(any_engine: Engine) -> None:
    add_experiment(any_engine, 2, paying={STANDARD.name: 1, GENTLE.name: 0})
    with writing(any_engine) as connection:
        connection.execute(update(schema.campaign_member).values(arm=""))
        connection.execute(schema.campaign_arm.delete())
    with reading(any_engine) as connection:
        (only,) = read_arms(connection, require_campaign(connection, "november"))
    assert (only.arm.strategy, only.people, only.cured) == (STANDARD.name, 4, 1)
