"""The web application stands up from the settings, with doors for what is switched on."""

import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from config.settings import SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY, load_settings
from domain.errors import ConfigurationError
from tests.config.conftest import SANDBOX_URLS
from web.app import create_app

ROOT = Path(__file__).parents[2]


def test_without_calls_there_is_no_door_for_them(sqlite_url: str) -> None:
    client = TestClient(create_app(load_settings(None, **SANDBOX_URLS, database_url=sqlite_url)))
    assert client.get("/health").json() == {"status": "ok"}
    assert client.post("/voice/ABCD-2345/greeting").status_code == 404


def test_with_calls_the_door_asks_who_is_there(sqlite_url: str) -> None:
    told = {**SANDBOX_URLS, "database_url": sqlite_url, "voice_web_url": "http://127.0.0.1:8080"}
    client = TestClient(create_app(load_settings(None, **told)))
    assert client.post("/voice/ABCD-2345/greeting").status_code == 401
    assert client.get("/voice/ABCD-2345/greeting").status_code == 405


def test_without_an_address_and_a_key_there_is_no_door_for_receipts(sqlite_url: str) -> None:
    client = TestClient(create_app(load_settings(None, **SANDBOX_URLS, database_url=sqlite_url)))
    assert client.post("/receipts/twilio/ABCD-2345").status_code == 404
    assert client.post("/receipts/sendgrid").status_code == 404


def test_the_doors_for_receipts_ask_who_is_there(sqlite_url: str) -> None:
    told = {**SANDBOX_URLS, "database_url": sqlite_url, "web_url": "http://127.0.0.1:8080"}
    key = {"sendgrid_webhook_public_key": SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY}
    client = TestClient(create_app(load_settings(None, **told, **key)))
    assert client.post("/receipts/twilio/ABCD-2345").status_code == 401
    assert client.post("/receipts/sendgrid", content=b"[]").status_code == 401
    assert client.get("/receipts/sendgrid").status_code == 405


def test_what_it_takes_is_described_and_no_page_loads_scripts_from_elsewhere(sqlite_url: str) -> None:
    # Partners write against the description; it names forms and nobody.
    client = TestClient(create_app(load_settings(None, **SANDBOX_URLS, database_url=sqlite_url)))
    assert [client.get(path).status_code for path in ("/docs", "/redoc", "/")] == [404] * 3
    assert client.get("/openapi.json").json()["info"]["version"] == "1"


def test_it_is_ready_while_its_database_answers(sqlite_url: str) -> None:
    app = create_app(load_settings(None, **SANDBOX_URLS, database_url=sqlite_url))
    client = TestClient(app, raise_server_exceptions=False)
    assert client.get("/ready").json() == {"status": "ready"}
    Path(sqlite_url.removeprefix("sqlite:///")).write_bytes(b"not a database at all" * 1_000)
    answer = client.get("/ready")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert client.get("/health").status_code == 200


def test_a_database_that_was_never_migrated_is_refused_at_start(empty_sqlite_url: str) -> None:
    with pytest.raises(ConfigurationError, match="never migrated"):
        create_app(load_settings(None, **SANDBOX_URLS, database_url=empty_sqlite_url))


def test_the_command_says_in_one_line_what_is_not_configured(tmp_path: Path) -> None:
    clean = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-m", "web"], cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("AMICABLE_TWILIO_BASE_URL: ")
