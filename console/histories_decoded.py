"""A history's events as JSON with their payloads readable."""

import asyncio
import json
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter

from config.payloads import DATA_CONVERTER


def decoded(value: Any, converter: DataConverter = DATA_CONVERTER) -> Any:
    """The same with each payload as the JSON it holds; what is not JSON stays as it is stored."""
    if isinstance(value, list):
        return [decoded(each, converter) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("metadata"), dict) and "encoding" in value["metadata"]:
        return _payload(value, converter)
    return {name: decoded(each, converter) for name, each in value.items()}


def _payload(value: dict[str, Any], converter: DataConverter) -> Any:
    try:
        payload = ParseDict(value, Payload())
        if converter.payload_codec is not None:
            (payload,) = asyncio.run(converter.payload_codec.decode([payload]))
        return json.loads(payload.data) if payload.data else None
    except (ParseError, ValueError):
        return value
