"""What the world reaches us by over HTTP: the door for calls and the door for receipts.

Lives here: the FastAPI application, one router per caller, what proves that a caller is who he says.
May import: `workflows` (messages only), `activities`, `casedb`, `config`, `domain`. Nothing imports it but its tests.
"""
