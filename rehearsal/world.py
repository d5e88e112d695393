"""The sandbox as the conductor meets it: over HTTP, as the outside world it plays."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import httpx

INVARIANTS = ("duplicates", "contacts_after_payment", "contacts_out_of_hours", "contacts_after_stop")
"""What the sandbox counts against us, by the names of its report."""
REPORTED_WITHIN_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing that a borrower does at an instant, as the sandbox tells it."""

    action_id: str
    borrower_id: str
    kind: str
    at: datetime
    account_id: str
    currency: str
    amount_minor: int
    channel: str | None
    address: str | None
    pays_at: datetime | None
    installments: int | None
    outcome: str | None

    @classmethod
    def read(cls, told: dict[str, Any]) -> Self:
        """From the sandbox's JSON; the borrower's words stay there."""
        instants = {name: datetime.fromisoformat(told[name]) if told[name] else None for name in ("at", "pays_at")}
        return cls(**{name: instants.get(name, told[name]) for name in cls.__slots__})


class World:
    """One sandbox."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def healthy(self) -> bool:
        """Whether it answers."""
        try:
            return (await self._http.get("/health")).is_success
        except httpx.TransportError:
            return False

    async def enrol(self, borrowers: list[dict[str, Any]]) -> None:
        """Let these people exist."""
        await self._send("POST", "/borrowers", borrowers)

    async def add_fault(self, fault: dict[str, Any]) -> None:
        """Script one fault of a provider's line."""
        await self._send("POST", "/faults", fault)

    async def set_clock(self, borrower_id: str, now: datetime) -> None:
        """What reaches this borrower from now on carries this instant."""
        await self._send("PUT", "/clock", {"borrower_id": borrower_id, "now": now.isoformat()})

    async def next_deed(self, borrower_id: str) -> Deed | None:
        """What the borrower does next if nothing else happens; None when he waits."""
        told = (await self._send("GET", f"/borrowers/{borrower_id}/next")).json()
        return Deed.read(told) if told else None

    async def write(self, deed: Deed) -> bool:
        """Let the borrower write it to our web door; false when he has no way to. What we stored is stored then."""
        told = await self._send("POST", f"/borrowers/{deed.borrower_id}/write", {"action_id": deed.action_id})
        return bool(told.json()["posted"])

    async def reported(self, borrower_id: str) -> None:
        """Wait until the providers have posted what became of this borrower's messages."""
        wait: dict[str, str | float] = {"borrower_id": borrower_id, "wait_seconds": REPORTED_WITHIN_SECONDS}
        (await self._http.get("/webhooks", params=wait)).raise_for_status()

    async def post_to(self, web: str, mail_token: str) -> None:
        """Name our web door to the providers."""
        urls = {
            "sendgrid_event_url": f"{web}/receipts/sendgrid",
            "wallet_receipt_url": f"{web}/v1/receipts/push",
            "twilio_inbound_url": f"{web}/replies/twilio",
            "sendgrid_parse_url": f"{web}/replies/sendgrid/{mail_token}",
        }
        await self._send("PUT", "/webhooks", urls)

    async def mark_done(self, deed: Deed) -> None:
        """The deed has happened."""
        await self._send("POST", f"/borrowers/{deed.borrower_id}/done", {"action_id": deed.action_id})

    async def messages(self) -> list[dict[str, Any]]:
        """Everything the network accepted."""
        found: list[dict[str, Any]] = (await self._send("GET", "/messages")).json()
        return found

    async def findings(self) -> dict[str, list[dict[str, Any]]]:
        """Every violation that the sandbox sees in its own record, by invariant."""
        report = (await self._send("GET", "/invariants")).json()
        return {name: report[name] for name in INVARIANTS}

    async def _send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return (await self._http.request(method, path, json=body)).raise_for_status()
