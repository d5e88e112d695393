"""Twilio's Calls API (2010-04-01) as its official client sees it: create, fetch, list, events; the call itself.

Sources: https://www.twilio.com/docs/voice/api/call-resource, https://www.twilio.com/docs/voice/api/call-event-resource
"""

import uuid
from collections.abc import Mapping
from email.utils import format_datetime
from functools import partial
from typing import Any

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from sandbox.credentials import SandboxCredentials
from sandbox.network import Message, Network
from sandbox.postman import Postman, Step
from sandbox.signatures import sign_twilio_request
from sandbox.telephone import talk
from sandbox.twilio_api import E164, ROOT, auth_error, error_json

UNANSWERED = ("busy", "no-answer", "failed")
OPT_OUT_KEY = "9"


class TwilioCallsApi:
    """The handlers of one account's calls, over the shared network."""

    def __init__(self, network: Network, postman: Postman, credentials: SandboxCredentials) -> None:
        self._network = network
        self._postman = postman
        self._credentials = credentials

    def router(self) -> APIRouter:
        """The paths of the API."""
        router = APIRouter()
        router.add_api_route(ROOT + "/Calls.json", self.create, methods=["POST"])
        router.add_api_route(ROOT + "/Calls.json", self.search, methods=["GET"])
        router.add_api_route(ROOT + "/Calls/{sid}.json", self.fetch, methods=["GET"])
        router.add_api_route(ROOT + "/Calls/{sid}/Events.json", self.events, methods=["GET"])
        return router

    async def create(self, account_sid: str, request: Request) -> JSONResponse:
        """Take one call; the number rings soon after this answers 201."""
        received = await request.form()
        form = {name: str(value) for name, value in received.items()}
        code = auth_error(self._credentials, account_sid, request) or self._form_error(form)
        if code is not None:
            if code in (21211, 21214):
                self._network.refuse(form["To"], str(code))
            return error_json(code)
        call = self._network.accept(
            message_id="CA" + uuid.uuid4().hex,
            channel="voice",
            to=form["To"],
            sender=form["From"],
            body="",
            status="queued",
            callback_url=form.get("StatusCallback"),
            custom_args={"url": form["Url"], "detects": form.get("MachineDetection", "")},
        )
        if self._network.condition_of(call.to) != "held":
            reported = {str(each) for each in received.getlist("StatusCallbackEvent")} or {"completed"}
            self._postman.submit(self._journey(call, reported))
        return JSONResponse(call_json(call, account_sid), status_code=201)

    async def fetch(self, account_sid: str, sid: str, request: Request) -> JSONResponse:
        """One call as it stands."""
        code, call = self._call(account_sid, sid, request)
        return JSONResponse(call_json(call, account_sid)) if call is not None else error_json(code)

    async def events(self, account_sid: str, sid: str, request: Request) -> JSONResponse:
        """The requests that were made of the customer during a call, in order."""
        code, call = self._call(account_sid, sid, request)
        if call is None:
            return error_json(code)
        made = [{"request": {"method": "POST", "url": url}, "response": {}} for url in call.requested]
        return JSONResponse({"events": made, **_one_page(f"Calls/{sid}/Events.json", account_sid)})

    async def search(self, account_sid: str, request: Request) -> JSONResponse:
        """Calls, newest first, to and from a number."""
        code = auth_error(self._credentials, account_sid, request)
        if code is not None:
            return error_json(code)
        query = request.query_params
        found = self._network.messages(channel="voice", address=query.get("To"))
        shown = [each for each in reversed(found) if query.get("From") in (None, each.sender)]
        calls = [call_json(each, account_sid) for each in shown]
        return JSONResponse({"calls": calls, **_one_page("Calls.json", account_sid)})

    def _call(self, account_sid: str, sid: str, request: Request) -> tuple[int, Message | None]:
        code = auth_error(self._credentials, account_sid, request)
        call = self._network.message(sid)
        known = code is None and call is not None and call.channel == "voice"
        return code or 20404, call if known else None

    def _form_error(self, form: Mapping[str, str]) -> int | None:
        to = form.get("To", "")
        checks = (
            (21201, not to),
            (21213, not form.get("From")),
            (21205, not form.get("Url", "").startswith(("http://", "https://"))),
            (21211, not E164.fullmatch(to) or self._network.condition_of(to) == "21211"),
            (21214, self._network.condition_of(to) == "21214"),
        )
        return next((code for code, fails in checks if fails), None)

    def _journey(self, call: Message, reported: set[str]) -> list[Step]:
        sid, condition = call.message_id, self._network.condition_of(call.to)
        begun = partial(self._report, sid, "initiated", "initiated" in reported)
        if condition in UNANSWERED:
            return [begun, partial(self._report, sid, str(condition), "completed" in reported)]
        answered_by = "machine_start" if condition == "machine" else "human"
        return [
            begun,
            partial(self._report, sid, "in-progress", "answered" in reported),
            partial(self._talk, sid, answered_by),
            partial(self._report, sid, "completed", "completed" in reported, answered_by),
        ]

    def _talk(self, sid: str, answered_by: str) -> None:
        """The call itself: what is heard and pressed; who presses 9 wants no more calls."""
        call = self._network.message(sid)
        if call is None:
            return
        about = {"AnsweredBy": answered_by} if call.custom_args["detects"] else {}
        keys = "" if answered_by != "human" else self._network.keys_of(call.to)
        with httpx.Client(timeout=15, trust_env=False) as client:
            told = talk(call.custom_args["url"], keys, partial(self._fetch, client, call, about))
        self._network.advance(sid, "in-progress", heard="\n".join(told.heard))
        if OPT_OUT_KEY in told.pressed:
            self._network.stop(call.to, self._network.now_at(call.to), "voice")

    def _fetch(
        self, client: httpx.Client, call: Message, about: Mapping[str, str], url: str, more: Mapping[str, str]
    ) -> httpx.Response | None:
        try:
            return client.send(self._signed(call, url, {"CallStatus": "in-progress", **about, **more}))
        except httpx.HTTPError:
            return None

    def _report(self, sid: str, status: str, told: bool, answered_by: str = "") -> httpx.Request | None:
        call = self._network.advance(sid, status)
        if call is None or call.callback_url is None or not told:
            return None
        more = {"CallStatus": status, "CallbackSource": "call-progress-events"}
        if answered_by:
            more |= {"CallDuration": "42"}
            more |= {"AnsweredBy": answered_by} if call.custom_args["detects"] else {}
        return self._signed(call, call.callback_url, more)

    def _signed(self, call: Message, url: str, more: Mapping[str, str]) -> httpx.Request:
        self._network.note_request(call.message_id, url)
        params = {
            "AccountSid": self._credentials.twilio_account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": call.message_id,
            "Direction": "outbound-api",
            "From": call.sender,
            "To": call.to,
            **more,
        }
        signature = sign_twilio_request(url, params, self._credentials.twilio_auth_token)
        headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}
        return httpx.Request("POST", url, data=params, headers=headers)


def call_json(call: Message, account_sid: str) -> dict[str, Any]:
    """One call as the API shows it: neither its URL nor anything else that the customer gave it."""
    at = format_datetime(call.at)
    return {
        "account_sid": account_sid,
        "answered_by": None,
        "api_version": "2010-04-01",
        "caller_name": None,
        "date_created": at,
        "date_updated": at,
        "direction": "outbound-api",
        "duration": "42" if call.status == "completed" else None,
        "end_time": at if call.status in ("completed", *UNANSWERED) else None,
        "from": call.sender,
        "sid": call.message_id,
        "start_time": None if call.status == "queued" else at,
        "status": "queued" if call.status == "initiated" else call.status,
        "to": call.to,
        "uri": f"/2010-04-01/Accounts/{account_sid}/Calls/{call.message_id}.json",
    }


def _one_page(path: str, account_sid: str) -> dict[str, Any]:
    uri = f"/2010-04-01/Accounts/{account_sid}/{path}"
    return {"first_page_uri": uri, "next_page_uri": None, "previous_page_uri": None, "page": 0, "uri": uri}
