"""A mail comes from the address that it names only when DKIM or SPF says so for that very domain."""

import pytest

from web.mail_proof import is_proven

ADA = "ada@mail.example.com"
ENVELOPE = '{"to": ["reply@in.example"], "from": "bounce@%s"}'


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"dkim": "{@mail.example.com : pass}"}, id="signed by the domain itself"),
        pytest.param({"dkim": "{@example.com : pass}"}, id="signed by the domain above"),
        pytest.param({"dkim": "{@list.example : fail, @Mail.Example.com : pass}"}, id="one signature of several"),
        pytest.param({"dkim": "none", "SPF": "pass", "envelope": ENVELOPE % "mail.example.com"}, id="SPF"),
    ],
)
def test_a_sender_is_proven_by_a_signature_or_an_envelope_of_his_domain(told: dict[str, str]) -> None:
    assert is_proven(told, ADA)


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({}, id="nothing is said"),
        pytest.param({"dkim": "none", "SPF": "none"}, id="neither"),
        pytest.param({"dkim": "{@mail.example.com : fail}"}, id="a signature that fails"),
        pytest.param({"dkim": "{@evil.example : pass}"}, id="signed by somebody else"),
        pytest.param({"dkim": "{@com : pass}"}, id="a top-level domain signs for nobody"),
        pytest.param({"dkim": "{@box.mail.example.com : pass}"}, id="a domain below signs for none above"),
        pytest.param({"dkim": "{@le.com : pass}"}, id="an end of letters is no domain"),
        pytest.param(
            {"dkim": "{@evil.example : invalid (no key, @mail.example.com : pass)}"}, id="words within a reason"
        ),
        pytest.param({"dkim": "{@evil.example : fail}\n{@mail.example.com : pass}"}, id="two pairs of braces"),
        pytest.param({"SPF": "pass", "envelope": ENVELOPE % "evil.example"}, id="an envelope of somebody else"),
        pytest.param({"SPF": "softfail", "envelope": ENVELOPE % "mail.example.com"}, id="SPF that hesitates"),
        pytest.param({"SPF": "pass", "envelope": "[" * 3000}, id="an envelope that nobody can read"),
        pytest.param({"SPF": "pass", "envelope": '{"from": 1}'}, id="an envelope without an address"),
    ],
)
def test_nobody_is_proven_by_anything_less(told: dict[str, str]) -> None:
    assert not is_proven(told, ADA)


def test_without_a_domain_nothing_is_proven() -> None:
    assert not is_proven({"SPF": "pass", "envelope": '{"from": ""}'}, "ada")
