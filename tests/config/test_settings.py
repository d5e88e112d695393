"""Settings: the two modes cannot be mixed, every mistake names its variable, and no secret is ever told."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from config import settings as module
from config.settings import Settings, load_settings, variable
from domain.errors import ConfigurationError
from sandbox.credentials import SandboxCredentials
from sandbox.signatures import public_key_base64
from tests.config.conftest import SANDBOX_URLS

EXAMPLE = Path(__file__).parents[2] / ".env.example"

LIVE = {
    "mode": "live",
    "twilio_account_sid": "AC" + "1" * 32,
    "twilio_auth_token": "tw-5e1f",
    "twilio_from_number": "+12025550143",
    "sendgrid_api_key": "SG.9a8b7c",
    "suppression_salt": "5f2c-salt",
    "sendgrid_from_email": "care@lender.test",
    "creditor_name": "Lender",
    "pay_url": "https://pay.lender.test",
    "help_phone": "+1 202-555-0143",
    "help_email": "care@lender.test",
    "roles_file": "roles.yaml",
    "payload_keys": "plain",
}


def problems_of(env_file: Path | None = None, **overrides: object) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(env_file, **overrides)
    return str(caught.value).splitlines()


def test_the_sandbox_runs_on_its_addresses_alone() -> None:
    settings = load_settings(None, **SANDBOX_URLS)
    assert settings.mode == "sandbox"
    assert settings.task_queue == "amicable"
    assert settings.database_url.get_secret_value() == "sqlite:///.amicable/cases.db"
    assert settings.versioning is False
    assert settings.reconcile_after_seconds == 0


def test_live_mode_runs_on_ones_own_values() -> None:
    settings = load_settings(None, **LIVE)
    assert settings.twilio_base_url is None
    assert settings.reconcile_after_seconds == 900


def test_a_lost_answer_is_looked_up_as_long_as_one_says_in_either_mode() -> None:
    assert load_settings(None, **LIVE, reconcile_after_seconds=60).reconcile_after_seconds == 60
    assert load_settings(None, **SANDBOX_URLS, reconcile_after_seconds=60).reconcile_after_seconds == 60


def test_the_defaults_are_the_sandboxs_own_credentials() -> None:
    theirs = SandboxCredentials()
    assert theirs.twilio_account_sid == module.SANDBOX_TWILIO_ACCOUNT_SID
    assert theirs.twilio_auth_token == module.SANDBOX_TWILIO_AUTH_TOKEN
    assert theirs.sendgrid_api_key == module.SANDBOX_SENDGRID_API_KEY
    assert len(module.SANDBOX_TWILIO_ACCOUNT_SID) == 34
    assert public_key_base64(theirs.event_signing_key()) == module.SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY


def test_the_environment_wins_over_the_file_and_an_override_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    file.write_text("AMICABLE_TASK_QUEUE=file\nAMICABLE_DEPLOYMENT_NAME=file\nAMICABLE_BUILD_ID=file\nTEMPORAL_X=1\n")
    monkeypatch.setenv("AMICABLE_DEPLOYMENT_NAME", "environment")
    monkeypatch.setenv("AMICABLE_BUILD_ID", "environment")
    settings = load_settings(file, **SANDBOX_URLS, build_id="override")
    assert (settings.task_queue, settings.deployment_name, settings.build_id) == ("file", "environment", "override")


def test_settings_do_not_change() -> None:
    settings = load_settings(None, **SANDBOX_URLS)
    with pytest.raises(ValidationError):
        settings.task_queue = "other"


@pytest.mark.parametrize("name", ["twilio_base_url", "sendgrid_base_url"])
@pytest.mark.parametrize(
    "url",
    [
        None,
        "https://api.twilio.com",
        "http://10.0.0.8:8090",
        "http://0.0.0.0:8090",
        "http://sandbox:8090",
        "http://127.0.0.1@api.twilio.com",
        "http://api.twilio.com\\@127.0.0.1",
        "http://127.0.0.1.nip.io",
        "http://localhost.evil.test",
        "ftp://127.0.0.1",
        "127.0.0.1:8090",
        "http://[::1",
        "http://127.0.0.1:99999",
    ],
)
def test_a_rehearsal_cannot_be_pointed_at_the_world(name: str, url: str | None) -> None:
    (problem,) = problems_of(**{**SANDBOX_URLS, name: url})
    assert problem.startswith(f"{variable(name)}: ")


def test_receipts_are_off_until_our_door_has_an_address_and_it_fits_the_mode() -> None:
    settings = load_settings(None, **SANDBOX_URLS)
    assert (settings.web_url, settings.sendgrid_webhook_public_key) == (None, None)
    (problem,) = problems_of(**SANDBOX_URLS, web_url="https://door.lender.test")
    assert problem.startswith("AMICABLE_WEB_URL: sandbox mode only talks to this machine")
    assert load_settings(None, **SANDBOX_URLS, web_url="http://127.0.0.1:8080").web_url == "http://127.0.0.1:8080"
    assert load_settings(None, **LIVE, web_url="https://door.lender.test", sendgrid_webhook_public_key="MFkw")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://localhost:8090", "http://[::1]:80", "http://127.8.9.10"])
def test_every_form_of_this_machine_is_good_for_a_rehearsal(url: str) -> None:
    assert load_settings(None, twilio_base_url=url, sendgrid_base_url=url).twilio_base_url == url


@pytest.mark.parametrize(
    "name",
    ["twilio_account_sid", "twilio_auth_token", "sendgrid_api_key", "suppression_salt", "sendgrid_webhook_public_key"],
)
def test_a_rehearsal_refuses_a_credential_that_is_not_the_sandboxs(name: str) -> None:
    (problem,) = problems_of(**SANDBOX_URLS, **{name: "tr0ub4dor-and-3"})
    assert problem.startswith(f"{variable(name)}: ")
    assert "tr0ub4dor" not in problem


@pytest.mark.parametrize("name", ["twilio_base_url", "sendgrid_base_url", "pay_url", "web_url"])
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8090",
        "https://127.0.0.1:8090",
        "https://127.1",
        "https://2130706433",
        "https://0.0.0.0",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://localhost",
        "https://LOCALHOST.",
        "https://sandbox.localhost",
        "http://api.twilio.com",
        "https://user@api.twilio.com",
    ],
)
def test_live_mode_refuses_this_machine_and_plain_http(name: str, url: str) -> None:
    (problem,) = problems_of(**{**LIVE, name: url})
    assert problem.startswith(f"{variable(name)}: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("twilio_account_sid", "ACsandbox" + "f" * 25),
        ("twilio_auth_token", "sandbox-token"),
        ("twilio_auth_token", SecretStr("")),
        ("sendgrid_api_key", "sandbox-key"),
        ("sendgrid_api_key", "SG.sandbox-key"),
        ("sendgrid_webhook_public_key", module.SANDBOX_SENDGRID_WEBHOOK_PUBLIC_KEY),
    ],
)
def test_live_mode_refuses_what_opens_only_the_sandbox(name: str, value: object) -> None:
    (problem,) = problems_of(**{**LIVE, name: value})
    assert problem.startswith(f"{variable(name)}: ")


@pytest.mark.parametrize("name", sorted(LIVE.keys() - {"mode"}))
def test_live_mode_names_each_value_that_is_missing(name: str) -> None:
    (problem,) = problems_of(**{key: value for key, value in LIVE.items() if key != name})
    assert problem.startswith(f"{variable(name)}: live mode needs")


def test_a_messaging_service_is_a_sender() -> None:
    own = {key: value for key, value in LIVE.items() if key != "twilio_from_number"}
    assert load_settings(None, **own, twilio_messaging_service_sid="MG" + "2" * 32)


def test_versioning_needs_the_version_of_the_build() -> None:
    assert problems_of(**SANDBOX_URLS, versioning=True) == [
        "AMICABLE_BUILD_ID: versioning needs the version of this build"
    ]


def test_every_problem_has_a_line_of_its_own() -> None:
    problems = problems_of(mode="rehearsal", max_cached_workflows="many", provider_timeout_seconds=0, creditor_name="")
    assert [problem.partition(":")[0] for problem in problems] == [
        "AMICABLE_MAX_CACHED_WORKFLOWS",
        "AMICABLE_MODE",
        "AMICABLE_PROVIDER_TIMEOUT_SECONDS",
        "AMICABLE_CREDITOR_NAME",
    ]


def test_a_misspelt_variable_in_our_file_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("AMICABLE_TASK_QUEU=amicable\n")
    (problem,) = problems_of(file, **SANDBOX_URLS)
    assert problem == "AMICABLE_TASK_QUEU: no such setting; did you mean AMICABLE_TASK_QUEUE?"


def test_variables_that_others_put_in_the_environment_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMICABLE_SERVICE_HOST", "10.0.0.1")  # Kubernetes does this for a service named amicable
    assert load_settings(None, **SANDBOX_URLS)


def test_a_file_that_is_not_text_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"AMICABLE_MODE=\xff\xfe")
    (problem,) = problems_of(file, **SANDBOX_URLS)
    assert problem == f"{file}: is not UTF-8 text"


def test_no_secret_stands_in_a_representation_or_an_error() -> None:
    secrets = {
        "twilio_auth_token": "s3cr3t-twilio",
        "sendgrid_api_key": "s3cr3t-sendgrid",
        "database_url": "postgresql+psycopg://amicable:s3cr3t-db@db.lender.test/cases",
    }
    settings = load_settings(None, **{**LIVE, **secrets})
    assert "s3cr3t" not in repr(settings) + str(settings) + settings.model_dump_json()
    with pytest.raises(ConfigurationError) as told:
        load_settings(None, mode="sandbox", build_id="x" * 999, **secrets)
    with pytest.raises(ValidationError) as raised:
        Settings(mode="sandbox", **secrets)
    assert "s3cr3t" not in str(told.value) + repr(told.value) + str(raised.value) + repr(raised.value)


def test_the_example_file_explains_every_setting_and_loads() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for name, field in Settings.model_fields.items():
        (position,) = [number for number, line in enumerate(lines) if line.startswith(f"{variable(name)}=")]
        assert field.description
        assert lines[position - 1] == f"# {field.description}"
    assert load_settings(EXAMPLE) == load_settings(None, **SANDBOX_URLS)


def test_traces_need_a_collector_and_a_rehearsal_only_one_on_this_machine() -> None:
    assert load_settings(None, **SANDBOX_URLS).traces == "off"
    (problem,) = problems_of(**SANDBOX_URLS, traces="otlp")
    assert problem == "AMICABLE_TRACES_ENDPOINT: traces by otlp need the address of a collector"
    (problem,) = problems_of(**SANDBOX_URLS, traces="otlp", traces_endpoint="https://collector.lender.test/v1/traces")
    assert problem.startswith("AMICABLE_TRACES_ENDPOINT: sandbox mode only talks to this machine")
    here = load_settings(None, **SANDBOX_URLS, traces="otlp", traces_endpoint="http://127.0.0.1:4318/v1/traces")
    assert here.traces_sample == 1
    assert load_settings(None, **LIVE, traces="otlp", traces_endpoint="http://collector.internal:4318/v1/traces")
