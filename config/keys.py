"""Keys that encrypt what Temporal stores, as the settings name them: `id:key,id:key`, the newest first.

A setting of its own says that nothing shall be encrypted, so that in live mode somebody has decided it.
"""

import binascii
import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

PLAIN = "plain"
"""The word by which somebody says that nothing shall be encrypted."""
KEY_BYTES = 32

_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")


@dataclass(frozen=True, slots=True)
class Keyring:
    """Every key by its id; the newest encrypts, or nothing does yet."""

    newest: str | None
    keys: Mapping[str, bytes] = field(repr=False)


def read_keys(text: str) -> Keyring | None:
    """The keys that `id:key,id:key` names, the newest first; None for the word `plain`, which wants none.

    In front of keys it means that nothing is encrypted yet, and what the others encrypt is read.
    Raises ValueError with a sentence that never repeats a key.
    """
    entries, keys = text.split(","), dict[str, bytes]()
    waiting = entries[0].strip() == PLAIN
    for number, each in enumerate(entries, start=1):
        if waiting and number == 1:
            continue
        key_id, _, written = each.strip().partition(":")
        if not _ID.fullmatch(key_id) or not written:
            raise ValueError(f"entry {number} must be an id and a key, as 2026-11:..., from starter.py keys new")
        if key_id in keys:
            raise ValueError(f"the id {key_id} stands for two keys")
        keys[key_id] = _key(key_id, written)
    return Keyring(None if waiting else next(iter(keys)), keys) if keys else None


def _key(key_id: str, written: str) -> bytes:
    try:
        key = urlsafe_b64decode(written + "=" * (-len(written) % 4))
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES or len(set(key)) < KEY_BYTES // 4:
        raise ValueError(f"the key {key_id} must be {KEY_BYTES} random bytes in base64, from starter.py keys new")
    return key


def new_key() -> str:
    """A fresh key as the settings take it."""
    return urlsafe_b64encode(os.urandom(KEY_BYTES)).decode().rstrip("=")


class KeySettings(BaseSettings):
    """The part of `Settings` that says how payloads are encrypted."""

    payload_keys: SecretStr | None = Field(
        None,
        description="Keys that encrypt what Temporal stores, id:key,id:key, the newest first; or plain, for none.",
    )

    def keyring(self) -> Keyring | None:
        """The keys; None when payloads stay as they are."""
        return read_keys(self.payload_keys.get_secret_value()) if self.payload_keys is not None else None

    def encrypts(self) -> bool:
        """Whether payloads are encrypted, and not only read."""
        keyring = self.keyring()
        return keyring is not None and keyring.newest is not None

    def keys_misuse(self, live: bool) -> Iterator[tuple[str, str]]:
        """What is wrong with the keys, never with one of them in it."""
        if live and self.payload_keys is None:
            yield "payload_keys", "live mode needs keys, from starter.py keys new, or the word plain"
        try:
            self.keyring()
        except ValueError as error:
            yield "payload_keys", str(error)
