"""The sandbox's own controls, for whoever conducts a rehearsal: clocks, borrowers, faults, findings."""

import dataclasses
import threading
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import APIRouter, HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict

from sandbox.actions import Action
from sandbox.borrowers import Borrower, Roster, UnknownAction, UnknownBorrower
from sandbox.credentials import SandboxCredentials
from sandbox.faults import Fault, FaultScript
from sandbox.invariants import Report, judge
from sandbox.network import Condition, Message, Network
from sandbox.pen import Pen
from sandbox.postman import Postman
from sandbox.sendgrid_api import SendGridApi
from sandbox.signatures import public_key_base64
from sandbox.wallet_api import WalletApi


class ClockSetting(BaseModel):
    """Put one borrower's clock to an instant."""

    model_config = ConfigDict(extra="forbid")
    borrower_id: str
    now: AwareDatetime


class AddressSetting(BaseModel):
    """Spoil or heal one address; say what is pressed when it is called."""

    model_config = ConfigDict(extra="forbid")
    address: str
    condition: Condition | None = None
    keys: str | None = None


class WebhookSetting(BaseModel):
    """Where SendGrid's events go, the wallet's receipts, and what borrowers write; null switches each off."""

    model_config = ConfigDict(extra="forbid")
    sendgrid_event_url: str | None = None
    twilio_inbound_url: str | None = None
    sendgrid_parse_url: str | None = None
    wallet_receipt_url: str | None = None


class Writing(BaseModel):
    """Let a borrower write what he writes when he does this."""

    model_config = ConfigDict(extra="forbid")
    action_id: str


class DoneMark(BaseModel):
    """Let an action have happened, at its due instant unless another is given."""

    model_config = ConfigDict(extra="forbid")
    action_id: str
    at: AwareDatetime | None = None


class Controls:
    """The handlers of the controls, over the shared state."""

    def __init__(
        self,
        *,
        network: Network,
        roster: Roster,
        faults: FaultScript,
        postman: Postman,
        sendgrid: SendGridApi,
        wallet: WalletApi,
        pen: Pen,
        credentials: SandboxCredentials,
    ) -> None:
        self._network = network
        self._roster = roster
        self._faults = faults
        self._postman = postman
        self._sendgrid = sendgrid
        self._wallet = wallet
        self._pen = pen
        self._credentials = credentials

    def router(self) -> APIRouter:
        """The paths of the controls."""
        router = APIRouter()
        for method, path, handler in (
            ("GET", "/health", self.health),
            ("GET", "/credentials", self.show_credentials),
            ("POST", "/reset", self.reset),
            ("POST", "/borrowers", self.enrol),
            ("GET", "/borrowers", self.list_borrowers),
            ("GET", "/borrowers/{borrower_id}/next", self.next_action),
            ("POST", "/borrowers/{borrower_id}/write", self.write),
            ("POST", "/borrowers/{borrower_id}/done", self.mark_done),
            ("PUT", "/clock", self.set_clock),
            ("PUT", "/addresses", self.set_address),
            ("PUT", "/webhooks", self.set_webhooks),
            ("GET", "/webhooks", self.count_webhooks),
            ("POST", "/faults", self.add_fault),
            ("GET", "/faults", self.list_faults),
            ("DELETE", "/faults", self.clear_faults),
            ("GET", "/messages", self.list_messages),
            ("GET", "/invariants", self.invariants),
        ):
            router.add_api_route(path, handler, methods=[method])
        return router

    def health(self) -> dict[str, str]:
        """Whether the sandbox answers."""
        return {"status": "ok"}

    def show_credentials(self) -> dict[str, str]:
        """What a customer needs to know to use these providers."""
        return {
            "twilio_account_sid": self._credentials.twilio_account_sid,
            "twilio_auth_token": self._credentials.twilio_auth_token,
            "sendgrid_api_key": self._credentials.sendgrid_api_key,
            "push_secret": self._credentials.push_secret,
            "sendgrid_public_key": public_key_base64(self._credentials.event_signing_key()),
        }

    def reset(self) -> dict[str, str]:
        """Forget messages, borrowers, clocks and faults."""
        self._network.clear()
        self._roster.clear()
        self._faults.clear()
        return {"status": "ok"}

    def enrol(self, borrowers: list[Borrower]) -> dict[str, int]:
        """Add borrowers, or start them afresh."""
        for borrower in borrowers:
            self._roster.enrol(borrower)
        return {"borrowers": len(borrowers)}

    def list_borrowers(self) -> list[dict[str, Any]]:
        """Everybody with what is left to pay and what he has done."""
        return [
            {
                **borrower.model_dump(mode="json"),
                "balances": self._roster.balances(borrower.borrower_id),
                "clock": self._network.clock_of(borrower.borrower_id),
                "messages": len(self._network.messages(borrower_id=borrower.borrower_id)),
                "done": [action_json(action) for action in self._roster.done(borrower.borrower_id)],
            }
            for borrower in self._roster.borrowers()
        ]

    def next_action(self, borrower_id: str, after: AwareDatetime | None = None) -> dict[str, Any] | None:
        """What the borrower does next at or after an instant (his clock, if none is given), or null."""
        instant = after or self._network.clock_of(borrower_id) or datetime.now(UTC)
        try:
            action = self._roster.next_action(borrower_id, instant)
        except UnknownBorrower as error:
            raise HTTPException(404, str(error)) from error
        return action_json(action) if action else None

    def write(self, borrower_id: str, writing: Writing) -> dict[str, bool]:
        """Post a borrower's words to the customer; whether there was a way for them."""
        try:
            return {"posted": self._pen.write(borrower_id, writing.action_id)}
        except UnknownBorrower as error:
            raise HTTPException(404, str(error)) from error
        except UnknownAction as error:
            raise HTTPException(409, str(error)) from error
        except httpx.HTTPError as error:
            raise HTTPException(502, f"the customer did not take it: {type(error).__name__}") from error

    def mark_done(self, borrower_id: str, mark: DoneMark) -> dict[str, Any]:
        """Apply an action to the sandbox's own record; twice is harmless."""
        try:
            action, is_new = self._roster.mark_done(borrower_id, mark.action_id, mark.at)
        except UnknownBorrower as error:
            raise HTTPException(404, str(error)) from error
        except UnknownAction as error:
            raise HTTPException(409, str(error)) from error
        return {
            "applied": is_new,
            "action": action_json(action),
            "balances": self._roster.balances(borrower_id),
        }

    def set_clock(self, setting: ClockSetting) -> dict[str, Any]:
        """Stamp what this borrower receives with this instant from now on."""
        self._network.set_clock(setting.borrower_id, setting.now)
        return {"borrower_id": setting.borrower_id, "now": self._network.clock_of(setting.borrower_id)}

    def set_address(self, setting: AddressSetting) -> dict[str, Any]:
        """Spoil or heal an address, whoever owns it."""
        self._network.set_condition(setting.address, setting.condition)
        if setting.keys is not None:
            self._network.set_keys(setting.address, setting.keys)
        return setting.model_dump()

    def set_webhooks(self, setting: WebhookSetting) -> dict[str, Any]:
        """Redirect what the providers post."""
        self._sendgrid.event_url = setting.sendgrid_event_url
        self._wallet.receipt_url = setting.wallet_receipt_url
        self._pen.text_url, self._pen.mail_url = setting.twilio_inbound_url, setting.sendgrid_parse_url
        return setting.model_dump()

    def count_webhooks(self, wait_seconds: float = 0, borrower_id: str | None = None) -> dict[str, int]:
        """How many posts wait, got through or were given up; waits for none to wait, if asked to."""
        self._postman.wait_idle(min(wait_seconds, threading.TIMEOUT_MAX), about=borrower_id)
        return dataclasses.asdict(self._postman.count())

    def add_fault(self, fault: Fault) -> Fault:
        """Script one fault."""
        self._faults.add(fault)
        return fault

    def list_faults(self) -> list[Fault]:
        """The faults still to come."""
        return list(self._faults.pending())

    def clear_faults(self) -> list[Fault]:
        """Call off every fault."""
        self._faults.clear()
        return []

    def list_messages(
        self, borrower_id: str | None = None, channel: str | None = None, address: str | None = None
    ) -> list[dict[str, Any]]:
        """What the network accepted, in the order of the readers' clocks."""
        found = self._network.messages(borrower_id=borrower_id, channel=channel, address=address)
        return [message_json(message) for message in found]

    def invariants(self) -> Report:
        """Every violation in the record."""
        return judge(self._network, self._roster)


def action_json(action: Action) -> dict[str, Any]:
    """An action with its instants in ISO form, UTC."""
    return {name: _plain(getattr(action, name)) for name in Action.__slots__}


def message_json(message: Message) -> dict[str, Any]:
    """A message with its instants in ISO form, UTC."""
    return {name: _plain(getattr(message, name)) for name in Message.__slots__}


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
