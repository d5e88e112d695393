"""Encryption of what Temporal stores: inputs, results, signals, summaries, and the words of errors.

AES-256 in Galois/Counter Mode, a random nonce for each payload, under a key that is named beside it. The first key
encrypts, each of them decrypts, so keys are changed by putting a new one in front (docs/encryption.md). What stood in
histories before there was a key is read as it is. Temporal itself reads ids, names of types and search attributes, and
they are never encrypted; there is no personal data in them.
"""

import os
import zlib
from collections.abc import Sequence
from dataclasses import replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec

from config.keys import Keyring
from config.payloads import DATA_CONVERTER, ENCRYPTED, KEY_ID
from domain.errors import ConfigurationError

ENCODING = "encoding"
NONCE_BYTES = 12
WORTH_PACKING = 200
"""Shorter texts do not shrink enough to be worth it."""

_PACKED, _AS_IT_IS = b"\x01", b"\x00"
_ABOUT = b"amicable payload, key "


class EncryptionCodec(PayloadCodec):
    """Encrypts every payload that leaves for Temporal and decrypts every one that comes."""

    def __init__(self, keyring: Keyring) -> None:
        self.newest = keyring.newest
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keyring.keys.items()}

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See the base class."""
        return [self._encrypted(each, self.newest) for each in payloads] if self.newest is not None else list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See the base class. Raises ConfigurationError for a key that is not here, or a payload that was changed."""
        return [self._decrypted(each) for each in payloads]

    def _encrypted(self, payload: Payload, key_id: str) -> Payload:
        nonce, plain = os.urandom(NONCE_BYTES), _packed(payload.SerializeToString())
        sealed = self._ciphers[key_id].encrypt(nonce, plain, _about(key_id))
        metadata = {ENCODING: ENCRYPTED.encode(), KEY_ID: key_id.encode()}
        return Payload(metadata=metadata, data=nonce + sealed)

    def _decrypted(self, payload: Payload) -> Payload:
        if payload.metadata.get(ENCODING) != ENCRYPTED.encode():
            return payload
        key_id = payload.metadata[KEY_ID].decode(errors="replace")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise ConfigurationError(f"a payload is encrypted under the key {key_id}: add it to AMICABLE_PAYLOAD_KEYS")
        try:
            plain = cipher.decrypt(payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:], _about(key_id))
        except (InvalidTag, ValueError):
            raise ConfigurationError(
                f"a payload under the key {key_id} cannot be decrypted: it was changed, or the key is another one"
            ) from None
        return Payload.FromString(_unpacked(plain))


def converter_for(keyring: Keyring | None) -> DataConverter:
    """What every client, worker and replayer of ours uses: pydantic payloads, encrypted where there is a key."""
    if keyring is None:
        return DATA_CONVERTER
    codec = EncryptionCodec(keyring)
    if keyring.newest is None:
        return replace(DATA_CONVERTER, payload_codec=codec)
    return replace(
        DATA_CONVERTER, payload_codec=codec, failure_converter_class=DefaultFailureConverterWithEncodedAttributes
    )


def _about(key_id: str) -> bytes:
    return _ABOUT + key_id.encode()


def _packed(plain: bytes) -> bytes:
    """Smaller where it gets smaller: a case is mostly names of fields, and history keeps every byte."""
    if len(plain) >= WORTH_PACKING:
        packed = zlib.compress(plain, level=1)
        if len(packed) < len(plain):
            return _PACKED + packed
    return _AS_IT_IS + plain


def _unpacked(plain: bytes) -> bytes:
    return zlib.decompress(plain[1:]) if plain[:1] == _PACKED else plain[1:]
