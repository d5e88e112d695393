"""Carries what a borrower writes to the customer: a text as Twilio posts it, a mail as SendGrid's inbound parse does.

Posted at once and not in the background: whoever conducts a rehearsal goes on when it was taken.
Sources: https://www.twilio.com/docs/messaging/guides/webhook-request,
https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
"""

import hashlib
import json

import httpx

from sandbox.actions import Action
from sandbox.borrowers import Roster
from sandbox.credentials import SandboxCredentials
from sandbox.network import Network
from sandbox.signatures import sign_twilio_request
from sandbox.words import words_of

OUR_NUMBER = "+15005550006"
OUR_MAILBOX = "collections@wallet.example.com"
KEYWORD = "STOP"
TIMEOUT_SECONDS = 30.0


class Pen:
    """Writes in a borrower's name, from the address that a message reached last."""

    def __init__(self, network: Network, roster: Roster, credentials: SandboxCredentials) -> None:
        self._network = network
        self._roster = roster
        self._token = credentials.twilio_auth_token
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)
        self.text_url: str | None = None
        """Where the customer wants texts; None: nowhere."""
        self.mail_url: str | None = None

    def write(self, borrower_id: str, action_id: str) -> bool:
        """Post what he writes when he does this; false when there is no way for it.

        Raises UnknownBorrower, UnknownAction, and httpx.HTTPError when the customer does not take it.
        """
        action, borrower, heard = self._roster.about_to(borrower_id, action_id)
        by_text = [each for each in heard if each.channel == "sms" and action.channel in ("sms", "portal")]
        by_mail = [each for each in heard if each.channel == "email" and action.channel in ("email", "portal")]
        language = borrower.language or ("zh" if borrower.country == "CN" else "en")
        words = words_of(action, language, borrower.zones[0])
        if by_text and self.text_url is not None:
            request = self._text(self.text_url, action, by_text[-1].address, words)
        elif by_mail and self.mail_url is not None:
            request = self._mail(self.mail_url, action, by_mail[-1].address, words)
        else:
            return False
        request.headers.update(self._network.stamp(borrower_id))
        self._client.send(request).raise_for_status()
        return True

    def _text(self, url: str, action: Action, sender: str, words: str) -> httpx.Request:
        sid = f"SM{_name(action)}"
        form = {
            "MessageSid": sid,
            "SmsSid": sid,
            "From": sender,
            "To": OUR_NUMBER,
            "Body": words,
            "NumMedia": "0",
        }
        if words == KEYWORD:  # which Twilio understands, acts on and answers by itself
            form["OptOutType"] = "STOP"
        headers = {"X-Twilio-Signature": sign_twilio_request(url, form, self._token), "User-Agent": "TwilioProxy/1.1"}
        return httpx.Request("POST", url, data=form, headers=headers)

    def _mail(self, url: str, action: Action, sender: str, words: str) -> httpx.Request:
        domain = sender.rpartition("@")[2]
        told = {
            "headers": f"Message-ID: <{_name(action)}@{domain}>",
            "from": sender,
            "to": OUR_MAILBOX,
            "subject": "Re: your message",
            "text": words,
            "envelope": json.dumps({"to": [OUR_MAILBOX], "from": sender}),
            "charsets": json.dumps({"text": "UTF-8", "subject": "UTF-8"}),
            "dkim": f"{{@{domain} : pass}}",
            "SPF": "pass",
            "attachments": "0",
        }
        return httpx.Request("POST", url, files={name: (None, value) for name, value in told.items()})


def _name(action: Action) -> str:
    """The same in every run, as the carrier's own ids are when one message is posted again."""
    return hashlib.sha256(action.action_id.encode()).hexdigest()[:32]
