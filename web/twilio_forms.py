"""Forms that Twilio posts: only with its signature over our own address and every field.

Source: https://www.twilio.com/docs/usage/security#validating-requests
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request
from twilio.request_validator import RequestValidator

from web.bodies import bounded_body

LONGEST_FORM_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class TwilioForms:
    """Reads signed forms. `base_url` is ours as Twilio knows it: behind a proxy the request does not tell."""

    base_url: str
    auth_token: str

    async def __call__(self, request: Request) -> dict[str, str]:
        """The fields of one form; 401 without a good signature, 413 for one that is too long."""
        body = await bounded_body(request, LONGEST_FORM_BYTES)
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        query = f"?{request.url.query}" if request.url.query else ""
        address = f"{self.base_url.rstrip('/')}{request.url.path}{query}"
        signature = request.headers.get("X-Twilio-Signature", "")
        if not RequestValidator(self.auth_token).validate(address, form, signature):
            raise HTTPException(401)
        return form

    def __repr__(self) -> str:
        """Without the token."""
        return f"TwilioForms({self.base_url!r})"
