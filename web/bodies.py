"""Reading what strangers post: no further than the longest body that a caller of ours has reason to send."""

from fastapi import HTTPException, Request


async def bounded_body(request: Request, longest_bytes: int) -> bytes:
    """The body; 413 as soon as it is longer. Who sent it is not known before it was read."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > longest_bytes:
            raise HTTPException(413)
    return bytes(body)
