"""Reading what strangers post: no further than the longest body that a caller of ours has reason to send."""

from collections.abc import AsyncGenerator

from fastapi import HTTPException, Request


async def bounded_body(request: Request, longest_bytes: int) -> bytes:
    """The body; 413 as soon as it is longer. Who sent it is not known before it was read."""
    return await BoundedRequest(request, longest_bytes).body()


class BoundedRequest(Request):
    """A request that is read no further than its longest body."""

    def __init__(self, request: Request, longest_bytes: int) -> None:
        super().__init__(request.scope, request.receive)
        self._longest_bytes = longest_bytes

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The parts as they come; 413 with the one that is too much."""
        length = 0
        async for part in super().stream():
            length += len(part)
            if length > self._longest_bytes:
                raise HTTPException(413)
            yield part
