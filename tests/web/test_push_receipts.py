"""What became of a push message: on its touch, on its address, and with the case that must hear of it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from activities.push import receipt_secrets_of
from casedb.engine import writing
from casedb.schema import case, contact_point
from casedb.touches import Claim, insert_claim, mark_sent
from config.partners import SANDBOX_PARTNER_SECRETS
from config.settings import load_settings
from domain.errors import ConfigurationError
from domain.vocabulary import Channel
from tests.casedb.people import NOW, add_account, add_person
from tests.config.conftest import SANDBOX_URLS
from tests.web.partners import FIRST, SECOND, STRANGER, Counter, counter, signatures

PATH = "/v1/receipts/push"
OPEN = {"push_url": "http://127.0.0.1:8025", "push_receipt_secrets": ",".join(SANDBOX_PARTNER_SECRETS)}


def receipt(**changed: Any) -> dict[str, Any]:
    """A receipt of the wallet's."""
    told = {"event_id": "r-1", "push_id": "push-1", "status": "delivered", "occurred_at": "2026-11-21T08:30:00Z"}
    return told | changed


@pytest.fixture
def desk(any_database: str) -> Iterator[Counter]:
    with counter(any_database, partners="", **OPEN) as made:
        with writing(made.engine) as connection:
            add_person(connection, "P-1")
            add_account(connection, "A-1", "P-1")
            connection.execute(
                insert(contact_point).values(
                    contact_point_id="P-1:push:1",
                    person_id="P-1",
                    channel="push",
                    address="user-1",
                    line_type="unknown",
                    preference=0,
                )
            )
            connection.execute(
                insert(case).values(
                    case_id="A-1-1",
                    account_id="A-1",
                    person_id="P-1",
                    strategy="s",
                    strategy_version="v",
                    stage="reminder",
                    opened_at=NOW,
                    opening_balance_minor=100,
                    decisions=0,
                )
            )
            claim = Claim(
                case_id="A-1-1",
                account_id="A-1",
                person_id="P-1",
                touch_key="reminder/1",
                channel=Channel.PUSH,
                contact_point_id="P-1:push:1",
                reference="ABCD-2345",
                template="t",
                provider="wallet",
                at=NOW,
                attempted_at=NOW,
                balance_minor=100,
            )
            insert_claim(connection, claim)
            mark_sent(connection, claim.touch_id, "push-1", NOW)
        yield made


@pytest.mark.parametrize(
    ("status", "delivery", "dead", "withdrawn"),
    [
        ("delivered", "delivered", False, False),
        ("opened", "delivered", False, False),
        ("failed", "failed", False, False),
        ("unknown_user", "failed", True, False),
        ("app_uninstalled", "failed", True, False),
        ("token_dead", "failed", True, False),
        ("push_disabled", "failed", False, True),
    ],
)
def test_each_status_is_on_the_touch_and_on_the_address(
    desk: Counter, status: str, delivery: str, dead: bool, withdrawn: bool
) -> None:
    assert desk.post(PATH, receipt(status=status)).status_code == 204
    (touch,), (point,) = desk.rows("touch"), desk.rows("contact_point")
    assert (touch.delivery, point.undeliverable_since is not None) == (delivery, dead)
    assert [row.permission for row in desk.rows("consent")] == (["withdrawn"] if withdrawn else [])
    assert desk.connected == (1 if delivery == "failed" else 0), "the case hears of what did not arrive"


def test_receipts_out_of_order_and_twice_move_forward_only(desk: Counter) -> None:
    failed = receipt(event_id="r-2", status="failed")
    assert [desk.post(PATH, each).status_code for each in (failed, receipt(), failed, receipt())] == [204] * 4
    assert desk.rows("touch")[0].delivery == "failed"
    assert len(desk.rows("inbox_event")) == 2


def test_a_message_that_is_none_of_ours_is_kept_without_a_task(desk: Counter) -> None:
    assert desk.post(PATH, receipt(push_id="push-9")).status_code == 204
    assert desk.rows("inbox_event")[0].payload["parked"]
    assert desk.rows("human_task") == []


@pytest.mark.parametrize("secret", [FIRST, SECOND])
def test_two_secrets_are_good_at_once_and_no_others(desk: Counter, secret: str) -> None:
    assert desk.post(PATH, receipt(), secret).status_code == 204
    assert desk.post(PATH, receipt(), STRANGER).status_code == 401
    old = signatures(b"{}", secret, age=timedelta(minutes=6))
    assert desk.http.post(PATH, content=b"{}", headers=old).status_code == 401
    assert desk.http.post(PATH, content=b" " * 20_000).status_code == 413


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"status": "lost"}, "status"),
        ({"push_id": ""}, "push_id"),
        ({"user_id": "+12025550143"}, "user_id"),
        ({"reference": "a b"}, "reference"),
        ({"occurred_at": "soon"}, "occurred_at"),
        ({"occurred_at": "2026-11-22T08:30:00Z"}, "occurred_at"),
    ],
)
def test_what_is_malformed_is_refused_by_its_field(desk: Counter, changed: dict[str, Any], field: str) -> None:
    answer = desk.post(PATH, receipt(**changed))
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert "12025550143" not in answer.text
    assert desk.rows("inbox_event") == []


def test_without_secrets_there_is_no_door_and_others_secrets_are_refused(sqlite_url: str) -> None:
    with counter(sqlite_url, partners="", push_url=OPEN["push_url"]) as desk:
        assert desk.post(PATH, receipt()).status_code == 404
    for told in ("whsec_x", STRANGER):
        settings = load_settings(None, **SANDBOX_URLS, **OPEN | {"push_receipt_secrets": told})
        with pytest.raises(ConfigurationError, match=r"^AMICABLE_PUSH_RECEIPT_SECRETS: ") as caught:
            receipt_secrets_of(settings)
        assert STRANGER not in str(caught.value)
