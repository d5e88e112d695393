"""The reference code of a message: by it the borrower checks that it is genuine and we find it at the provider."""

import base64
import hashlib


def reference_code(case_id: str, touch_key: str) -> str:
    """Eight base32 letters as XXXX-XXXX; the same touch always has the same code, so that a claim can be looked up."""
    digest = hashlib.sha256(f"{case_id}\x1f{touch_key}".encode()).digest()
    letters = base64.b32encode(digest[:5]).decode()
    return f"{letters[:4]}-{letters[4:]}"
