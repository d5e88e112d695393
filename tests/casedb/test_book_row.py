"""What a row of a book may hold, and how it is told what is wrong."""

from datetime import UTC, date, datetime

import pytest

from casedb.book_row import BookRow, Problem, check_row, latest_date_on_earth
from domain.vocabulary import Channel, LineType, Permission
from tests.casedb.books import row

TODAY = date(2026, 11, 22)


def good(**changed: str) -> BookRow:
    """The row, in which nothing may be wrong."""
    checked = check_row(2, row(**changed), today=TODAY)
    assert isinstance(checked, BookRow), checked
    return checked


def wrong(**changed: str) -> list[Problem]:
    """What is wrong with the row."""
    checked = check_row(2, row(**changed), today=TODAY)
    assert isinstance(checked, list)
    return checked


def test_a_book_may_hold_what_falls_due_within_a_year_and_an_event_of_delinquency_may_not() -> None:
    assert good(due_date="2026-11-22").due_on == date(2026, 11, 22)
    assert good(due_date="2027-11-22").due_on == date(2027, 11, 22)
    assert [problem.field for problem in wrong(due_date="2027-11-23")] == ["due_date"]
    told = check_row(2, row(due_date="2026-11-22"), today=TODAY, overdue=True)
    assert told == [Problem(field="due_date", reason="lies after as_of: the account is not overdue")]


def test_amounts_are_read_in_the_minor_units_of_their_currency() -> None:
    assert good().total_minor == 10_750
    assert good(currency="JPY", principal="1280", interest="0", fees="0").total_minor == 1_280


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account_id", ""),
        ("account_id", "A 1"),
        ("account_id", "a" * 65),
        ("account_id", "denise@example.com"),
        ("person_id", "14045550102"),
        ("person_id", "1-404-555-0102"),
        ("as_of", "2026-11-23"),
        ("as_of", "yesterday"),
        ("as_of", "20261121"),
        ("due_date", "2026-02-30"),
        ("due_date", "2027-11-23"),
        ("due_date", "1026-11-21"),
        ("creditor", ""),
        ("product", "Pay Later"),
        ("full_name", ""),
        ("full_name", "Denise\x07"),
        ("locale", "fr"),
        ("country", "UK"),
        ("country", "usa"),
        ("region", "Georgia"),
        ("time_zone", "EST"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", ""),
        ("phone", "+1 404 555"),
        ("phone", "call me"),
        ("email", "denise(at)example.com"),
        ("email", "Denise <denise@example.com>"),
        ("currency", "USDT"),
        ("principal", "1,280.50"),
        ("principal", "-1"),
        ("principal", ""),
        ("principal", "NaN"),
        ("principal", "1e3"),
        ("principal", "9" * 20),
        ("interest", "0.005"),
        ("fees", "five"),
        ("opted_out", "fax"),
        ("consent_sms", "maybe"),
        ("consent_voice", "maybe"),
        ("push_id", "denise@example.com"),
        ("push_id", "14045550102"),
        ("push_id", "u 1"),
        ("postal_address", "1 Peachtree St"),
        ("postal_address", "1 Peachtree St||Atlanta GA 30303"),
        ("postal_address", "a|b|c|d|e|f|g"),
        ("postal_address", f"{'x' * 61}|Atlanta GA 30303"),
        ("postal_address", "1 Peachtree\x07 St|Atlanta GA 30303"),
        ("whatsapp_consent", "maybe"),
        ("whatsapp_consent", "2026-02-30"),
        ("whatsapp_consent", "2026-11-22"),
    ],
)
def test_a_wrong_value_is_named_by_its_field_and_not_repeated(field: str, value: str) -> None:
    problems = wrong(**{field: value})
    assert [problem.field for problem in problems] == [field]
    assert not value or value not in problems[0].reason


@pytest.mark.parametrize(
    "number", ["4045550102", "+1 404 555 0102", "(404) 555-0102", "+1555", "+99912345678", "call me"]
)
def test_a_whatsapp_number_has_its_country_and_no_spaces(number: str) -> None:
    (problem,) = wrong(whatsapp=number, whatsapp_consent="yes")
    assert problem.field == "whatsapp"
    assert number not in problem.reason


def test_a_whatsapp_number_without_the_persons_consent_is_not_taken() -> None:
    (problem,) = wrong(whatsapp="+14045550102")
    assert problem.field == "whatsapp_consent"
    assert [problem.field for problem in wrong(whatsapp="+14045550102", whatsapp_consent="true")] == [
        "whatsapp_consent"
    ]


def test_every_problem_of_a_row_is_told_and_not_only_the_first() -> None:
    problems = wrong(phone="none", email="none", currency="XXX", principal="a lot", locale="de")
    assert {problem.field for problem in problems} == {"phone", "email", "currency", "principal", "locale"}


@pytest.mark.parametrize(
    ("phone", "country", "channel", "line_type"),
    [
        ("+14045550102", "US", Channel.SMS, LineType.UNKNOWN),
        ("(404) 555-0102", "US", Channel.SMS, LineType.UNKNOWN),
        ("+8617000000101", "CN", Channel.SMS, LineType.MOBILE),
        ("+861055500114", "CN", Channel.VOICE, LineType.LANDLINE),
        ("+447700900131", "GB", Channel.SMS, LineType.MOBILE),
        ("+442079460135", "GB", Channel.VOICE, LineType.LANDLINE),
        ("+441632960140", "GB", Channel.VOICE, LineType.LANDLINE),
    ],
)
def test_a_number_that_cannot_take_messages_is_for_voice(
    phone: str, country: str, channel: Channel, line_type: LineType
) -> None:
    address = good(phone=phone, country=country, region="").addresses[0]
    assert (address.channel, address.line_type) == (channel, line_type)


def reached(row: BookRow) -> list[tuple[str, str]]:
    """Channels and addresses, in order."""
    return [(each.channel.value, each.address) for each in row.addresses]


PHONE, MAIL = ("sms", "+14045550102"), ("email", "denise.okafor@example.com")


@pytest.mark.parametrize(
    ("changed", "more"),
    [
        ({}, []),
        ({"push_id": "u-77"}, [("push", "u-77")]),
        ({"postal_address": "1 Peachtree St | Atlanta GA 30303"}, [("letter", "1 Peachtree St\nAtlanta GA 30303")]),
        ({"whatsapp": "+447700900131", "whatsapp_consent": "yes"}, [("social_private", "+447700900131")]),
        ({"whatsapp": "+447700900131", "whatsapp_consent": "2026-11-21"}, [("social_private", "+447700900131")]),
        ({"whatsapp": "+447700900131", "whatsapp_consent": "no"}, []),
    ],
)
def test_further_columns_are_further_ways_to_reach_the_person(
    changed: dict[str, str], more: list[tuple[str, str]]
) -> None:
    assert reached(good(**changed)) == [PHONE, MAIL, *more]


@pytest.mark.parametrize(
    ("phone", "consent", "channels"),
    [
        ("+14045550102", "", ["sms"]),
        ("+14045550102", "no", ["sms"]),
        ("+14045550102", "yes", ["sms", "voice"]),
        ("+442079460135", "", ["voice"]),
        ("+442079460135", "yes", ["voice"]),
        ("", "yes", []),
    ],
)
def test_a_telephone_is_called_if_it_takes_no_texts_or_the_person_agreed_to_calls(
    phone: str, consent: str, channels: list[str]
) -> None:
    row = good(
        phone=phone, country="US" if phone.startswith("+1") else "GB", region="", email="", consent_voice=consent
    )
    assert [channel for channel, _ in reached(row)] == channels
    assert {address for _, address in reached(row)} <= {phone}


def test_who_refused_calls_is_not_called_at_his_mobile_whatever_a_column_says() -> None:
    row = good(opted_out="voice", consent_voice="yes")
    assert reached(row) == [PHONE, MAIL]
    assert dict(row.statements) == {Channel.VOICE: Permission.WITHDRAWN}


def test_a_consent_to_whatsapp_counts_from_its_day_where_the_account_is_kept() -> None:
    given = Channel.SOCIAL_PRIVATE, Permission.GIVEN
    dated = good(whatsapp="+14045550102", whatsapp_consent="2026-03-01")
    assert dated.statements == (given,)
    assert dated.stated_at(*given) == datetime(2026, 3, 1, 5, tzinfo=UTC)
    undated = good(whatsapp="+14045550102", whatsapp_consent="yes")
    assert undated.stated_at(*given) == undated.vouched_at
    assert dated.stated_at(Channel.SMS, Permission.GIVEN) == dated.vouched_at


def test_a_person_without_phone_or_mailbox_is_still_a_person() -> None:
    assert good(phone="", email="").addresses == ()


@pytest.mark.parametrize(
    ("country", "region", "jurisdiction"),
    [
        ("US", "", "US"),
        ("US", "TX", "US"),
        ("US", "MA", "US-MA"),
        ("US", "NYC", "US-NYC"),
        ("CN", "", "CN"),
        ("GB", "", "UK"),
        ("DE", "", "DE"),
    ],
)
def test_a_region_makes_a_jurisdiction_only_where_its_law_is_stricter(
    country: str, region: str, jurisdiction: str
) -> None:
    assert good(country=country, region=region, phone="").jurisdiction == jurisdiction


def test_an_area_code_of_another_zone_adds_that_zone() -> None:
    assert good(time_zone="America/Los_Angeles", phone="+13125550127").zones == (
        "America/Los_Angeles",
        "America/Chicago",
    )


def test_a_whatsapp_number_of_another_zone_adds_that_zone() -> None:
    row = good(whatsapp="+13125550127", whatsapp_consent="yes")
    assert row.zones == ("America/New_York", "America/Chicago")


def test_a_toll_free_number_says_nothing_about_zones() -> None:
    assert good(phone="+18005550199").zones == ("America/New_York",)


def test_a_refusal_outranks_a_permission_in_the_same_row() -> None:
    said = dict(good(opted_out="sms; letter", consent_sms="yes", consent_email="no").statements)
    assert said == {
        Channel.SMS: Permission.WITHDRAWN,
        Channel.LETTER: Permission.WITHDRAWN,
        Channel.EMAIL: Permission.WITHDRAWN,
    }


def test_the_ledger_is_vouched_for_from_the_first_moment_of_as_of_where_the_account_is_kept() -> None:
    assert good().vouched_at == datetime(2026, 11, 21, 5, tzinfo=UTC)
    assert good(time_zone="Asia/Shanghai").vouched_at == datetime(2026, 11, 20, 16, tzinfo=UTC)


def test_an_extract_may_be_dated_where_the_day_began_first() -> None:
    assert latest_date_on_earth(datetime(2026, 11, 21, 9, tzinfo=UTC)) == date(2026, 11, 21)
    assert latest_date_on_earth(datetime(2026, 11, 21, 10, tzinfo=UTC)) == date(2026, 11, 22)
