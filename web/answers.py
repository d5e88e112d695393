"""What every door answers when it does not take something: one body, one table from troubles to statuses.

    401  the signature is missing, wrong or too old          409  the id stands for another fact already
    413  the body is too long                                422  malformed; `field` says where
    503  trouble of ours, with Retry-After: send it again

The body is `{"error": {"field": ..., "message": ...}}`. A sentence names fields and our ids; it never repeats what was
sent, as that may be a name or a number. Nothing is answered with 2xx before it is committed.
"""

import logging
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from config.fields import reason_of
from domain.errors import InvalidInput

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5
_PLACE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
_REASONS = {"json_invalid": "the body is not JSON", "date_from_datetime_inexact": "must be a date such as 2026-11-21"}
_SENTENCES = {
    401: "the signature is missing, is not over this very body, or is too old",
    413: "the body is longer than anything that belongs here",
}


class Trouble(BaseModel):
    """What is wrong, and where."""

    field: str | None = Field(description="Where: names and positions joined by dots; null for the whole.")
    message: str = Field(description="What would do. Never repeats what was sent.")


class Refusal(BaseModel):
    """Why something was not taken."""

    error: Trouble


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These refusals as OpenAPI knows them."""
    told = {
        401: "The signature is missing, wrong or too old.",
        409: "The id stands for another fact already; nothing was changed.",
        413: "The body is too long.",
        422: "Malformed; `field` says where.",
        503: "Trouble of ours: send the very same again.",
    }
    retry = {"Retry-After": {"description": "After how many seconds.", "schema": {"type": "integer"}}}
    return {
        status: {"model": Refusal, "description": told[status]} | ({"headers": retry} if status == 503 else {})
        for status in statuses
    }


def add_answers(app: FastAPI) -> None:
    """Let the application answer as the table above says."""
    app.add_exception_handler(HTTPException, _not_taken)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(InvalidInput, _cannot_be_true)
    app.add_exception_handler(SQLAlchemyError, _database_trouble)
    app.add_exception_handler(Exception, _trouble)


def refusal(status: int, field: str | None, message: str) -> JSONResponse:
    """A refusal with its body."""
    told = Refusal(error=Trouble(field=field, message=message))
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else None
    return JSONResponse(told.model_dump(), status_code=status, headers=headers)


def first_problem(problems: Sequence[Any]) -> Trouble:
    """The first of pydantic's problems, with the field and without the value."""
    problem = problems[0]
    places = [each for each in problem["loc"] if each not in ("body", "header", "path", "query")]
    if problem["type"] == "json_invalid":
        places = []
    field = ".".join(str(each) if _is_place(each) else "?" for each in places)
    return Trouble(field=field or None, message=_REASONS.get(problem["type"]) or reason_of(problem))


def _is_place(each: object) -> bool:
    """A position, or a name that cannot be anybody's: an unknown key is the sender's own word."""
    return isinstance(each, int) or _PLACE.fullmatch(str(each)) is not None


def _not_taken(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException), "registered for it"
    # The framework says 400 for a body that it cannot read as JSON text.
    status = 422 if error.status_code == 400 else error.status_code
    message = "the body cannot be read" if status == 422 else _SENTENCES.get(status) or HTTPStatus(status).phrase
    answer = refusal(status, None, message)
    answer.headers.update(error.headers or {})
    return answer


def _malformed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError), "registered for it"
    first = first_problem(error.errors())
    return refusal(422, first.field, first.message)


def _cannot_be_true(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InvalidInput), "registered for it"
    return refusal(422, error.field or None, str(error))


def _database_trouble(request: Request, error: Exception) -> JSONResponse:
    # Only the kind of error: what it says may quote a row.
    log.warning("the database did not answer for %s: %s", _door(request), type(error).__name__)
    return refusal(503, None, "the case database does not answer: send it again")


def _trouble(_: Request, __: Exception) -> JSONResponse:
    """A mistake of ours, which the server logs with its trace; the sender keeps what it has until it is mended."""
    return refusal(503, None, "something is wrong here: send it again")


def _door(request: Request) -> str:
    route = request.scope.get("route")
    return str(getattr(route, "path", "an unknown door"))
