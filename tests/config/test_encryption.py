"""Encryption of payloads: what goes in comes out, keys may be changed, and whatever is wrong is said without a key."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from config.encryption import ENCODING, EncryptionCodec, converter_for
from config.keys import Keyring, new_key, read_keys
from config.payloads import DATA_CONVERTER, ENCRYPTED, KEY_ID
from config.settings import load_settings
from domain.errors import ConfigurationError
from tests.config.conftest import SANDBOX_URLS
from tests.config.test_settings import LIVE, problems_of
from workflows.messages import OpenRequest

OLD, NEW = new_key(), new_key()
BEFORE, AFTER = f"2026-05:{OLD}", f"2026-11:{NEW},2026-05:{OLD}"
REQUEST = OpenRequest(account_id="LW-0001", strategy="wallet-standard")


def codec(text: str) -> EncryptionCodec:
    keyring = read_keys(text)
    assert keyring is not None
    return EncryptionCodec(keyring)


def sealed(text: str, *payloads: Payload) -> list[Payload]:
    return asyncio.run(codec(text).encode(payloads))


def opened(text: str, *payloads: Payload) -> list[Payload]:
    return asyncio.run(codec(text).decode(payloads))


@given(st.lists(st.binary(max_size=2_000)), st.binary(max_size=20))
def test_what_goes_in_comes_out_whatever_it_is(texts: list[bytes], encoding: bytes) -> None:
    payloads = [Payload(metadata={ENCODING: encoding}, data=text) for text in texts]
    assert opened(AFTER, *sealed(AFTER, *payloads)) == payloads


def test_nothing_of_it_can_be_read_and_the_same_twice_is_different() -> None:
    (plain,) = asyncio.run(DATA_CONVERTER.encode([REQUEST]))
    first, second = sealed(AFTER, plain, plain)
    assert first.metadata[ENCODING] == ENCRYPTED.encode()
    assert first.metadata[KEY_ID] == b"2026-11"
    assert b"LW-0001" not in first.SerializeToString()
    assert first.data != second.data


def test_the_first_key_encrypts_and_an_old_one_goes_on_decrypting() -> None:
    payload = Payload(data=b"before the change")
    (old,) = sealed(BEFORE, payload)
    assert opened(AFTER, old) == [payload]
    assert sealed(AFTER, payload)[0].metadata[KEY_ID] == b"2026-11"
    with pytest.raises(ConfigurationError, match="encrypted under the key 2026-11: add it to AMICABLE_PAYLOAD_KEYS"):
        opened(BEFORE, *sealed(AFTER, payload))


def test_where_there_is_no_key_at_all_it_is_said_as_well() -> None:
    (told,) = sealed(AFTER, Payload(data=b"x"))
    with pytest.raises(ConfigurationError, match="encrypted under the key 2026-11: set AMICABLE_PAYLOAD_KEYS"):
        asyncio.run(DATA_CONVERTER.decode([told]))


def test_what_was_never_encrypted_is_read_as_it_is() -> None:
    payload = Payload(metadata={ENCODING: b"json/plain"}, data=b'"from before there was a key"')
    assert opened(AFTER, payload) == [payload]


def test_with_plain_in_front_nothing_is_encrypted_yet_and_what_others_encrypt_is_read() -> None:
    payload = Payload(data=b"while some processes have the key and encrypt")
    waiting = f"plain,2026-11:{NEW}"
    assert sealed(waiting, payload) == [payload]
    assert opened(waiting, *sealed(AFTER, payload)) == [payload]
    settings = load_settings(None, **SANDBOX_URLS, payload_keys=waiting)
    assert not settings.encrypts()


@pytest.mark.parametrize("part", ["data", "key", "short"])
def test_what_was_changed_is_refused_without_a_word_of_it(part: str) -> None:
    (whole,) = sealed(AFTER, Payload(data=b"pay-78"))
    changed = Payload(metadata=dict(whole.metadata), data=whole.data)
    if part == "data":
        changed.data = whole.data[:-1] + bytes([whole.data[-1] ^ 1])
    elif part == "key":
        changed.metadata[KEY_ID] = b"2026-05"
    else:
        changed.data = whole.data[:5]
    with pytest.raises(ConfigurationError, match="cannot be decrypted: it was changed, or the key is another one"):
        opened(AFTER, changed)


def test_a_large_payload_is_packed_and_so_smaller_than_before() -> None:
    payload = Payload(data=b'{"stage":"reminder","balance_minor":12345}' * 40)
    (told,) = sealed(AFTER, payload)
    assert told.ByteSize() < payload.ByteSize() / 4


async def test_words_and_traces_of_errors_are_encrypted_as_well() -> None:
    converter = converter_for(read_keys(AFTER))
    failure = Failure()
    await converter.encode_failure(ApplicationError("LW-0001 is not known", type="NotKnown"), failure)
    assert b"LW-0001" not in failure.SerializeToString()
    assert failure.application_failure_info.type == "NotKnown", "kinds are read by Temporal's retry policies"
    told = await converter.decode_failure(failure)
    assert "LW-0001 is not known" in str(told)


def test_without_keys_nothing_changes() -> None:
    assert converter_for(None) is DATA_CONVERTER
    assert read_keys(" plain ") is None
    assert converter_for(read_keys(AFTER)).payload_converter_class is DATA_CONVERTER.payload_converter_class


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-11", "entry 1 must be an id and a key"),
        ("2026-11:{new},", "entry 2 must be an id and a key"),
        ("a:{new},plain", "entry 2 must be an id and a key"),
        ("two words:{new}", "entry 1 must be an id and a key"),
        ("a:{new},a:{old}", "the id a stands for two keys"),
        ("a:c2hvcnQ", "the key a must be 32 random bytes in base64"),
        ("a:" + "A" * 43, "the key a must be 32 random bytes in base64"),
        ("a:???", "the key a must be 32 random bytes in base64"),
    ],
)
def test_a_wrong_key_is_refused_by_its_id_and_never_repeated(text: str, reason: str) -> None:
    (problem,) = problems_of(**SANDBOX_URLS, payload_keys=text.format(new=NEW, old=OLD))
    assert problem.startswith(f"AMICABLE_PAYLOAD_KEYS: {reason}")
    assert NEW not in problem


def test_live_mode_wants_keys_or_the_word_that_there_shall_be_none() -> None:
    without = {name: value for name, value in LIVE.items() if name != "payload_keys"}
    (problem,) = problems_of(**without)
    assert problem == "AMICABLE_PAYLOAD_KEYS: live mode needs keys, from starter.py keys new, or the word plain"
    assert load_settings(None, **LIVE).keyring() is None
    keyring = load_settings(None, **without, payload_keys=AFTER).keyring()
    assert keyring is not None
    assert (keyring.newest, list(keyring.keys)) == ("2026-11", ["2026-11", "2026-05"])


def test_no_key_stands_in_what_is_printed_of_one() -> None:
    settings = load_settings(None, **SANDBOX_URLS, payload_keys=AFTER)
    keyring = settings.keyring()
    assert NEW not in f"{settings!r} {keyring!r} {replace(keyring, newest='x')!r}"  # type: ignore[type-var]
    assert "keys" not in repr(Keyring("a", {"a": b"b"}))
