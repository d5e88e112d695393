"""Twilio's Messages API (2010-04-01) as its official client sees it: create, fetch, list, status callbacks.

Texts, and WhatsApp messages to and from `whatsapp:` addresses.
Sources: https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/whatsapp/api
"""

import base64
import binascii
import hmac
import re
import uuid
from collections.abc import Mapping
from functools import partial

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from sandbox.credentials import SandboxCredentials
from sandbox.network import Channel, Message, Network
from sandbox.postman import Postman, Step
from sandbox.signatures import sign_twilio_request
from sandbox.twilio_pages import InvalidFilter, message_json, page_json, shown_address

ROOT = "/2010-04-01/Accounts/{account_sid}"
WHATSAPP = "whatsapp:"
E164 = re.compile(r"\+[1-9]\d{6,14}")

# The provider's own magic numbers: https://www.twilio.com/docs/iam/test-credentials#test-sms-messages
MAGIC_NUMBERS = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
ERROR_TEXTS = {
    20003: (401, "Authentication Error - invalid username"),
    20404: (404, "The requested resource was not found"),
    21201: (400, "No 'To' number specified"),
    21205: (400, "Url parameter is required."),
    21211: (400, "Invalid 'To' Phone Number"),
    21213: (400, "'From' phone number is required"),
    21214: (400, "'To' phone number cannot be reached"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number or a Messaging Service is required."),
    21604: (400, "A 'To' phone number is required."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21612: (400, "Message cannot be sent with the current combination of 'To' and/or 'From' parameters"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21910: (400, "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel"),
    63003: (400, "Channel could not find To address"),
    63018: (400, "Rate limit exceeded for Channel"),
}
ADDRESS_ERRORS = {21211, 21214, 21610, 21612, 21614, 63003}
LATE_ERRORS = {"sms": ("30003", "30005", "30006"), "social_private": ("63016", "63024")}
"""Codes of messages that are taken and then not delivered."""


class TwilioApi:
    """The handlers of one account, over the shared network."""

    def __init__(self, network: Network, postman: Postman, credentials: SandboxCredentials) -> None:
        self._network = network
        self._postman = postman
        self._credentials = credentials

    def router(self) -> APIRouter:
        """The paths of the API."""
        router = APIRouter()
        router.add_api_route(ROOT + "/Messages.json", self.create, methods=["POST"])
        router.add_api_route(ROOT + "/Messages.json", self.search, methods=["GET"])
        router.add_api_route(ROOT + "/Messages/{sid}.json", self.fetch, methods=["GET"])
        return router

    async def create(self, account_sid: str, request: Request) -> JSONResponse:
        """Take one message; it is on its way once this answers 201."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        code = auth_error(self._credentials, account_sid, request) or self._form_error(form)
        if code is not None:
            if code in ADDRESS_ERRORS:
                self._network.refuse(form["To"], str(code))
            return error_json(code)
        service_sid = form.get("MessagingServiceSid")
        message = self._network.accept(
            message_id="SM" + uuid.uuid4().hex,
            channel=channel_of(form["To"]),
            to=form["To"],
            sender=form.get("From", ""),
            body=form["Body"],
            status="accepted" if service_sid and "From" not in form else "queued",
            service_sid=service_sid,
            callback_url=form.get("StatusCallback"),
        )
        if self._network.condition_of(message.to) != "held":
            self._postman.submit(self._delivery(message), about=message.borrower_id)
        return JSONResponse(message_json(message, account_sid), status_code=201)

    async def fetch(self, account_sid: str, sid: str, request: Request) -> JSONResponse:
        """One message as it stands."""
        code = auth_error(self._credentials, account_sid, request)
        message = self._network.message(sid)
        if code is not None or message is None or message.channel not in LATE_ERRORS:
            return error_json(code or 20404)
        return JSONResponse(message_json(message, account_sid))

    async def search(self, account_sid: str, request: Request) -> JSONResponse:
        """Messages, newest first, filtered and paged."""
        code = auth_error(self._credentials, account_sid, request)
        if code is not None:
            return error_json(code)
        to = request.query_params.get("To")
        try:
            messages = self._network.messages(channel=channel_of(to or ""), address=to)
            return JSONResponse(page_json(messages, account_sid, dict(request.query_params)))
        except InvalidFilter as error:
            return _error(20001, 400, str(error))

    def _form_error(self, form: Mapping[str, str]) -> int | None:
        to, body = form.get("To", ""), form.get("Body", "")
        checks = (
            (21604, not to),
            (21603, not (form.get("From") or form.get("MessagingServiceSid"))),
            (21602, not body),
            (21617, len(body) > 1600),
            (21910, to.startswith(WHATSAPP) != form.get("From", to).startswith(WHATSAPP)),
            (21211, not E164.fullmatch(to.removeprefix(WHATSAPP))),
        )
        for code, fails in checks:
            if fails:
                return code
        return self._address_error(to)

    def _address_error(self, to: str) -> int | None:
        condition, channel = self._network.condition_of(to), channel_of(to)
        if self._network.stopped_at(to, channel) is not None:
            return 21610
        if channel == "sms" and condition in ("21211", "21612", "21614"):
            return int(condition)
        if channel == "social_private" and condition in ("63003", "63018"):
            return int(condition)
        return MAGIC_NUMBERS.get(to)

    def _delivery(self, message: Message) -> list[Step]:
        condition = self._network.condition_of(message.to)
        last: tuple[str, int | None] = ("delivered", None)
        if condition in LATE_ERRORS[message.channel]:
            last = ("undelivered", int(condition or 0))
        journey: list[tuple[str, int | None]] = [("queued", None), ("sent", None), last]
        return [partial(self._step, message.message_id, status, code) for status, code in journey]

    def _step(self, sid: str, status: str, error_code: int | None) -> httpx.Request | None:
        message = self._network.advance(sid, status, error_code=error_code)
        if message is None or message.callback_url is None:
            return None
        params = {
            "AccountSid": self._credentials.twilio_account_sid,
            "ApiVersion": "2010-04-01",
            "From": message.sender,
            "MessageSid": sid,
            "MessageStatus": status,
            "SmsSid": sid,
            "SmsStatus": status,
            "To": shown_address(message),
        }
        if message.service_sid:
            params["MessagingServiceSid"] = message.service_sid
        if error_code is not None:
            params["ErrorCode"] = str(error_code)
        token = self._credentials.twilio_auth_token
        signature = sign_twilio_request(message.callback_url, params, token)
        headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}
        headers |= self._network.stamp(message.borrower_id)
        return httpx.Request("POST", message.callback_url, data=params, headers=headers)


def auth_error(credentials: SandboxCredentials, account_sid: str, request: Request) -> int | None:
    """The code of a request that is not the account's own; None for one that is."""
    expected = f"{credentials.twilio_account_sid}:{credentials.twilio_auth_token}"
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        decoded = base64.b64decode(given, validate=True)
    except binascii.Error:
        return 20003
    if scheme.lower() != "basic" or not hmac.compare_digest(decoded, expected.encode()):
        return 20003
    return None if account_sid == credentials.twilio_account_sid else 20404


def channel_of(to: str) -> Channel:
    """The channel that an address asks for."""
    return "social_private" if to.startswith(WHATSAPP) else "sms"


def error_json(code: int) -> JSONResponse:
    """An error in Twilio's shape, by its code."""
    status, text = ERROR_TEXTS[code]
    return _error(code, status, text)


def _error(code: int, status: int, text: str) -> JSONResponse:
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    return JSONResponse({"code": code, "message": text, "more_info": more_info, "status": status}, status_code=status)
