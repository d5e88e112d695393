"""Posts of our own partners, signed by Standard Webhooks: over id, timestamp and body, each with a secret of its own.

The timestamp may be five minutes off, in either direction; a post inside of that window that comes again changes
nothing, as every fact in it has an id. `webhook-id` names the delivery and is only signed: a batch has many facts.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Annotated, Any

from fastapi import Header, HTTPException, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from web.bodies import BoundedRequest

LONGEST_BODY_BYTES = 2 * 1024 * 1024
"""A full batch with room to spare."""

Guard = Callable[[Request], Awaitable[None]]

_SCHEME = APIKeyHeader(
    name="webhook-signature",
    scheme_name="StandardWebhooks",
    description=(
        "`v1,` and the base64 HMAC-SHA256 over `webhook-id.webhook-timestamp.body`, by a secret that we gave you; "
        "several are separated by blanks. See https://www.standardwebhooks.com"
    ),
    auto_error=False,
)


def signed(
    _signature: Annotated[str | None, Security(_SCHEME)],
    _webhook_id: Annotated[str, Header(alias="webhook-id", description="Names this delivery; signed, not kept.")],
    _timestamp: Annotated[str, Header(alias="webhook-timestamp", description="Unix seconds, at most 300 s off.")],
) -> None:
    """Says in the description of the API what `Partners` has proved already when this runs."""


class Partners:
    """Knows partners by their secrets."""

    def __init__(self, secrets: Mapping[str, tuple[str, ...]]) -> None:
        self._webhooks = [(name, Webhook(secret)) for name, of_one in secrets.items() for secret in of_one]

    async def guard(self, request: Request) -> None:
        """Let a signed post through and put the partner's name on it; 401 for any other."""
        body = await request.body()
        name = self.signer_of(body, request.headers)
        if name is None:
            raise HTTPException(401)
        request.state.partner = name

    def signer_of(self, body: bytes, headers: Mapping[str, str]) -> str | None:
        """Whose secret signed this, a moment ago; None when nobody's did."""
        given = dict(headers)
        found = None
        for name, webhook in self._webhooks:
            try:
                webhook.verify(body, given, json_parse=False)
            except (WebhookVerificationError, ValueError):  # a body that is no text, a signature that is no base64
                continue
            found = found or name
        return found


def partner_of(request: Request) -> str:
    """The partner who signed this post, by the name in our settings."""
    return str(request.state.partner)


def guarded_by(guard: Guard, longest_bytes: int = LONGEST_BODY_BYTES) -> type[APIRoute]:
    """Routes that prove who posts before they read what is posted: a stranger learns nothing of our forms."""

    class Guarded(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def first_the_signature(request: Request) -> Response:
                bounded = BoundedRequest(request, longest_bytes)
                await guard(bounded)
                return await handle(bounded)

            return first_the_signature

    return Guarded
