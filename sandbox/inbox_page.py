"""The inbox page: everything every borrower received and did, as one self-contained HTML page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.actions import Action
from sandbox.borrowers import Borrower, Roster
from sandbox.invariants import Finding, Report, judge
from sandbox.network import Message, Network

_SIGNS = {"USD": "$", "CNY": "¥", "GBP": "£", "EUR": "€"}
_BAD_STATUSES = {"undelivered", "bounce", "dropped", "failed", "busy", "no-answer"}
_LABELS = {"push": "Notification", "voice": "Call", "letter": "Letter", "social_private": "WhatsApp"}
"""What stands above an entry whose shape alone does not say what it is."""
_TITLES = {
    "contacts_after_payment": "contacts after payment",
    "contacts_out_of_hours": "contacts out of hours",
    "contacts_after_stop": "contacts after STOP",
    "duplicates": "duplicates",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a conversation: a message in, words out, or a deed."""

    at: datetime
    local_time: str
    day: str
    kind: str
    """A channel, `reply` or `deed`."""
    text: str
    subject: str = ""
    status: str = ""
    is_bad: bool = False
    is_violation: bool = False
    is_payment: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One borrower's phone and mailbox, in the order of his own clock."""

    borrower_id: str
    name: str
    initials: str
    country: str
    zone: str
    script: str
    outcome: str
    tone: str
    """`good`, `fair`, `open` or `bad`: how the outcome is coloured."""
    owed: str
    tally: str
    """How many messages there are, such as `3 SMS · 1 mail · 2 more`."""
    entries: list[Entry]
    findings: int


class InboxPage:
    """Renders the page from the record, anew each time."""

    def __init__(self, network: Network, roster: Roster) -> None:
        self._network = network
        self._roster = roster
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def router(self) -> APIRouter:
        """The page's path."""
        router = APIRouter()
        router.add_api_route("/", self.show, methods=["GET"], response_class=HTMLResponse)
        return router

    def show(self) -> HTMLResponse:
        """The page as it is now."""
        return HTMLResponse(self.render())

    def render(self) -> str:
        """The page's HTML; everything from outside is escaped."""
        report = judge(self._network, self._roster)
        conversations = [self._conversation(borrower, report) for borrower in self._roster.borrowers()]
        strangers = [m for m in self._network.messages() if m.borrower_id is None]
        return self._templates.get_template("inbox.html").render(
            conversations=conversations,
            labels=_LABELS,
            messages=report.messages,
            strangers=len(strangers),
            paid=sum(c.tone == "good" for c in conversations),
            verdicts=[(title, len(getattr(report, name))) for name, title in _TITLES.items()],
        )

    def _conversation(self, borrower: Borrower, report: Report) -> Conversation:
        messages = self._network.messages(borrower_id=borrower.borrower_id)
        done = self._roster.done(borrower.borrower_id)
        flagged = _flagged_ids(report)
        zone = ZoneInfo(borrower.zones[0])
        entries = [_message_entry(m, zone, flagged) for m in messages]
        entries += [_deed_entry(action, zone) for action in done]
        outcome, tone = self._outcome(borrower, done)
        balances = self._roster.balances(borrower.borrower_id)
        owed = [money(balances[a.account_id], a.currency) for a in borrower.accounts if balances[a.account_id]]
        return Conversation(
            borrower_id=borrower.borrower_id,
            name=borrower.name,
            initials=_initials(borrower.name),
            country=borrower.country,
            zone=borrower.zones[0],
            script=borrower.script_name.replace("_", " "),
            outcome=outcome,
            tone=tone,
            owed=" + ".join(owed) or "nothing",
            tally=_tally(messages),
            entries=sorted(entries, key=lambda entry: entry.at),
            findings=sum(m.message_id in flagged for m in messages),
        )

    def _outcome(self, borrower: Borrower, done: tuple[Action, ...]) -> tuple[str, str]:
        """The borrower's end so far, as the sandbox sees it, and its colour."""
        kinds = [action.kind for action in done]
        if self._roster.paid_at(borrower.borrower_id) is not None:
            return ("debt withdrawn" if "payment" not in kinds else "paid in full"), "good"
        if "stop_reply" in kinds:
            return "said STOP", "bad"
        by_kind = {
            "accept_plan": ("on a plan", "fair"),
            "ask_plan": ("asked for a plan", "fair"),
            "promise": ("promised", "fair"),
            "payment": ("paid in part", "fair"),
            "dispute": ("disputed", "bad"),
            "reply": ("wrote back", "fair"),
        }
        return next((value for kind, value in by_kind.items() if kind in kinds), ("no answer", "open"))


def _tally(messages: Sequence[Message]) -> str:
    """Texts and mails, and whatever else there is in one number: the column is narrow."""
    texts, mails = (sum(m.channel == channel for m in messages) for channel in ("sms", "email"))
    others = len(messages) - texts - mails
    return f"{texts} SMS · {mails} mail" + (f" · {others} more" if others else "")


def money(amount_minor: int, currency: str) -> str:
    """An amount as people read it; currencies here have two decimals."""
    sign = _SIGNS.get(currency, f"{currency} ")
    return f"{sign}{amount_minor // 100:,}.{amount_minor % 100:02d}"


def describe(action: Action) -> str:
    """A deed in words."""
    amount = money(action.amount_minor, action.currency)
    by_kind = {
        "payment": f"Paid {amount}",
        "promise": f"Promised {amount}" + (f" for {action.pays_at:%d %b}" if action.pays_at else ""),
        "dispute": "Disputed the debt",
        "resolve_dispute": f"Dispute {action.outcome}",
        "ask_plan": "Asked for a plan",
        "accept_plan": f"Accepted a plan of {action.installments}",
    }
    return by_kind.get(action.kind, action.kind)


def _initials(name: str) -> str:
    """Two letters, or the one character of a Chinese family name."""
    parts = name.split()
    return name[:1] if not name.isascii() else "".join(part[0] for part in parts[:2])


def _flagged_ids(report: Report) -> set[str]:
    findings: list[Finding] = [finding for name in _TITLES for finding in getattr(report, name)]
    return {finding.message_ids[-1] for finding in findings if finding.message_ids}


def _message_entry(message: Message, zone: ZoneInfo, flagged: set[str]) -> Entry:
    local = message.at.astimezone(zone)
    status = message.status + (f" · {message.error_code}" if message.error_code else "")
    return Entry(
        at=message.at,
        local_time=f"{local:%H:%M}",
        day=f"{local:%a %d %b %Y}",
        kind=message.channel,
        subject=message.subject,
        text=message.body,
        status=status,
        is_bad=message.status in _BAD_STATUSES,
        is_violation=message.message_id in flagged,
    )


def _deed_entry(action: Action, zone: ZoneInfo) -> Entry:
    local = action.at.astimezone(zone)
    is_reply = action.kind in ("stop_reply", "reply")
    return Entry(
        at=action.at,
        local_time=f"{local:%H:%M}",
        day=f"{local:%a %d %b %Y}",
        kind="reply" if is_reply else "deed",
        text=action.text if is_reply else describe(action),
        is_payment=action.kind == "payment",
    )
