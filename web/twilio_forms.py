"""What Twilio posts, forms and JSON: only with its signature over our own address and everything in it.

Twilio signs with its primary token. While that is being changed both are good, so that nothing is refused in between.
A JSON body is signed by its hash, which stands in the address.

Source: https://www.twilio.com/docs/usage/security#validating-requests
"""

import json
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request, Security
from fastapi.security import APIKeyHeader
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from domain.errors import InvalidInput
from web.bodies import bounded_body

LONGEST_FORM_BYTES = 64 * 1024
HASH_OF_THE_BODY = "bodySHA256"
_SCHEME = APIKeyHeader(
    name="X-Twilio-Signature",
    scheme_name="TwilioSignature",
    description="See https://www.twilio.com/docs/usage/security#validating-requests",
    auto_error=False,
)
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "As Twilio posts it.",
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {"type": "object", "additionalProperties": {"type": "string"}},
                "example": {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+12025550143"},
            }
        },
    }
}
"""How such a body is described."""


@dataclass(frozen=True, slots=True)
class TwilioForms:
    """Reads signed posts. `base_url` is ours as Twilio knows it: behind a proxy the request does not tell."""

    base_url: str
    auth_tokens: tuple[str, ...]

    async def __call__(
        self, request: Request, _signature: Annotated[str | None, Security(_SCHEME)] = None
    ) -> dict[str, str]:
        """The fields of one post; 401 without a good signature, 413 for one that is too long.

        Raises InvalidInput for signed JSON that is no object.
        """
        body = (await bounded_body(request, LONGEST_FORM_BYTES)).decode("utf-8", "replace")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
            # Without its hash in the address a JSON body is not signed at all.
            if HASH_OF_THE_BODY not in request.query_params or not self._signed(request, body):
                raise HTTPException(401)
            return _fields(body)
        form = ImmutableMultiDict(parse_qsl(body, keep_blank_values=True))
        if not self._signed(request, form):
            raise HTTPException(401)
        return dict(form)

    def _signed(self, request: Request, told: ImmutableMultiDict[str, str] | str) -> bool:
        # The path as it came: decoded it could be another address.
        path = request.scope.get("raw_path") or request.url.path.encode()
        query = f"?{request.url.query}" if request.url.query else ""
        address = f"{self.base_url.rstrip('/')}{path.decode('ascii', 'replace').partition('?')[0]}{query}"
        signature = request.headers.get("X-Twilio-Signature", "")
        return any(RequestValidator(token).validate(address, told, signature) for token in self.auth_tokens)

    def __repr__(self) -> str:
        """Without the tokens."""
        return f"TwilioForms({self.base_url!r})"


def _fields(body: str) -> dict[str, str]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise InvalidInput("Twilio's JSON is not an object with fields")
    return {name: value for name, value in told.items() if isinstance(value, str)}
