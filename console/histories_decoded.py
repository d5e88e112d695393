"""A history's events as JSON with their payloads readable."""

import json
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter


async def decoded(value: Any, converter: DataConverter) -> Any:
    """The same with each payload as the JSON it holds; what is not JSON stays as it is stored.

    Raises ConfigurationError for what was encrypted under a key that is not at hand.
    """
    if isinstance(value, list):
        return [await decoded(each, converter) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("metadata"), dict) and "encoding" in value["metadata"]:
        return await _payload(value, converter)
    return {name: await decoded(each, converter) for name, each in value.items()}


async def _payload(value: dict[str, Any], converter: DataConverter) -> Any:
    try:
        payload = ParseDict(value, Payload())
    except ParseError:
        return value
    if converter.payload_codec is not None:
        (payload,) = await converter.payload_codec.decode([payload])
    try:
        return json.loads(payload.data) if payload.data else None
    except ValueError:
        return value
