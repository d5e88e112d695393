"""Payloads as pydantic JSON, with one set of type adapters for the whole process.

The SDK makes a payload converter anew for every workflow run, and its pydantic converter keeps its type adapters to
itself: each run would build them again, tens of milliseconds inside a workflow task, and a burst of starts trips the
SDK's two-second deadlock detector (TMPRL1101). Here every converter shares one, warmed before the first task.
"""

from collections.abc import Iterable
from dataclasses import is_dataclass
from typing import Any

from pydantic import TypeAdapter
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    JSONPlainPayloadConverter,
)

from domain.errors import ConfigurationError

ENCRYPTED, KEY_ID = "binary/encrypted", "encryption-key-id"
"""How an encrypted payload is marked, and where the id of its key stands."""


class _CompactJson(PydanticJSONPlainPayloadConverter):
    """Pydantic JSON without the fields that say None: a case has many, and history keeps every byte."""

    def to_payload(self, value: Any) -> Payload | None:
        """See the base class; in our messages every field that may be None defaults to it."""
        if not is_dataclass(value):
            return super().to_payload(value)
        shape: Any = type(value)
        adapter: TypeAdapter[Any] = self._type_adapter(shape)
        written = adapter.dump_json(value, exclude_none=True)
        return Payload(metadata={"encoding": self.encoding.encode()}, data=written)


_SHARED_JSON = _CompactJson(max_cached_type_adapters=None)


class _Sealed(EncodingPayloadConverter):
    """What is encrypted, where nobody has decrypted it: said in a sentence, not as an encoding that is unknown."""

    @property
    def encoding(self) -> str:
        """See the base class."""
        return ENCRYPTED

    def to_payload(self, value: Any) -> Payload | None:
        """Nothing is made so: encryption comes after this, in `config.encryption`."""
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """Raises ConfigurationError with the key that is missing."""
        key_id = payload.metadata[KEY_ID].decode(errors="replace")
        raise ConfigurationError(f"a payload is encrypted under the key {key_id}: set AMICABLE_PAYLOAD_KEYS")


class SharedPydanticConverter(CompositePayloadConverter):
    """The SDK's converters with pydantic for JSON; all instances share their type adapters."""

    def __init__(self) -> None:
        converters = DefaultPayloadConverter.default_encoding_payload_converters
        super().__init__(
            *(_SHARED_JSON if isinstance(each, JSONPlainPayloadConverter) else each for each in converters), _Sealed()
        )


DATA_CONVERTER = DataConverter(payload_converter_class=SharedPydanticConverter)
"""What every client, worker and replayer of ours uses."""


def warm(types: Iterable[Any]) -> None:
    """Build the adapters of these types now, so that no workflow task has to."""
    for each in types:
        _SHARED_JSON._type_adapter(each)
