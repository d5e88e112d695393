"""What follows from each intent: which facts, whose attention, which answer. One table, no database.

| intent | effect |
| --- | --- |
| stop | the channel is closed, for all accounts of everybody at that address |
| cease | the same, and a hold of kind cease on the account: no contact by any channel (12 CFR 1006.6(c)) |
| wrong person | that address is closed as a wrong number; the person's others stay; a human looks |
| dispute | the account is silent until the dispute is settled |
| hardship, vulnerability, breathing space, deceased, bankruptcy, attorney | the person is left alone until its owner
  has looked |
| complaint | the person is left alone; its owner answers within days |
| paid | a few days of silence on the account, while the ledger catches up; days go on |
| promise | asked of the case, which may refuse it |
| plan | the answer says which plans are on offer; without any, a task |
| accept plan | asked of the case, if a plan was offered lately; else read as asking for one |
| start | the channel is open again |
| human | a task |
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from casedb.inbound import InboundFact, InboundKind
from domain.replies.intent import ENDS_CONTACT, NEEDS_PROOF, QUIET, Intent, Reading
from domain.vocabulary import Channel, HoldKind

SAYS_PAID_FOR = timedelta(days=3)
"""As long as a payment may take to reach the ledger."""
COMPLAINT_REVIEW = timedelta(days=3)
_HOLDS: dict[Intent, tuple[HoldKind, str]] = {
    Intent.DECEASED: (HoldKind.DECEASED, "compliance"),
    Intent.BANKRUPTCY: (HoldKind.BANKRUPTCY, "compliance"),
    Intent.ATTORNEY: (HoldKind.ATTORNEY, "compliance"),
    Intent.BREATHING_SPACE: (HoldKind.BREATHING_SPACE, "care"),
    Intent.HARDSHIP: (HoldKind.HARDSHIP, "care"),
    Intent.VULNERABILITY: (HoldKind.VULNERABILITY, "care"),
    Intent.COMPLAINT: (HoldKind.COMPLAINT, "complaints"),
}
"""Holds on the person, and who reviews them."""
_OF_ACCOUNT = frozenset({Intent.DISPUTE, Intent.PAID, Intent.PROMISE, Intent.PLAN, Intent.ACCEPT_PLAN, Intent.HUMAN})
_FOR_HUMANS = {
    Intent.WRONG_PERSON: "says that we have the wrong person: find out whether the number was mistyped",
    Intent.COMPLAINT: "complains: answer within the time that the law gives",
    Intent.DECEASED: "says that the person died: speak with the estate only",
    Intent.BANKRUPTCY: "speaks of a bankruptcy: find the case number",
    Intent.BREATHING_SPACE: "speaks of a breathing space: ask its adviser for the day of its start",
    Intent.VULNERABILITY: "needs another way of being dealt with: note it as a code, and answer in that way",
    Intent.ATTORNEY: "is represented: write to the representative only",
    Intent.CEASE: "refuses any further contact: only what the law requires may be sent",
}
_BY_PEOPLE_ALONE = frozenset(
    {Intent.DECEASED, Intent.BANKRUPTCY, Intent.BREATHING_SPACE, Intent.ATTORNEY, Intent.VULNERABILITY}
)
_ANSWERED = (
    Intent.WRONG_PERSON,
    Intent.STOP,
    Intent.CEASE,
    Intent.DECEASED,
    Intent.BANKRUPTCY,
    Intent.BREATHING_SPACE,
    Intent.ATTORNEY,
    Intent.VULNERABILITY,
    Intent.COMPLAINT,
    Intent.DISPUTE,
    Intent.HARDSHIP,
    Intent.PAID,
    Intent.HUMAN,
    Intent.ACCEPT_PLAN,
    Intent.PLAN,
    Intent.PROMISE,
    Intent.START,
    Intent.HELP,
)
"""Of several intents the first of these is the one that is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Somebody who has the address that a reply came from."""

    person_id: str
    points: dict[str, Channel]
    """The contact points with this very address."""
    locale: str
    jurisdiction: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The account that a reply is about."""

    account_id: str
    case_id: str | None
    zone: str
    currency: str
    balance_minor: int
    offered_from: date | None = None
    """The first day of the plans that were offered lately; None: none was, or its day has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A reply with what the rules made of it, and whom it comes from."""

    reply: InboundFact
    """The reply itself, as it stands in the inbox."""
    reading: Reading
    writers: tuple[Writer, ...]
    """Everybody who has the address; none for somebody whom we do not know."""
    about: About | None
    """None: it cannot be told which account is meant."""
    proven: bool = True
    """Whether it is sure that it comes from the address that it names."""

    @property
    def certain(self) -> tuple[Intent, ...]:
        """What is acted on; what opens a channel or binds for long only from a sender who is proven."""
        found = {self._meant(each) for each in self.reading.certain if self.proven or each not in NEEDS_PROOF}
        return tuple(each for each in Intent if each in found)

    def _meant(self, intent: Intent) -> Intent:
        """Who takes a plan that nobody offered asks for one: the terms must be known before they bind."""
        offered = self.about is None or self.about.offered_from is not None
        return Intent.PLAN if intent is Intent.ACCEPT_PLAN and not offered else intent

    @property
    def doubtful(self) -> tuple[Intent, ...]:
        """What only a human can tell."""
        return tuple(each for each in Intent if each in self.reading.doubtful or each in self._unproven)

    @property
    def _unproven(self) -> tuple[Intent, ...]:
        return tuple(each for each in self.reading.certain if not self.proven and each in NEEDS_PROOF)

    @property
    def writer(self) -> Writer | None:
        """Who wrote it; None when nobody or several people have the address."""
        return self.writers[0] if len(self.writers) == 1 else None

    def facts(self) -> Iterator[InboundFact]:
        """The facts that follow; only what is safe for all when several share the address."""
        if Intent.WRONG_PERSON in self.certain:
            yield from self._wrong_number()
        elif {Intent.STOP, Intent.CEASE} & set(self.certain):
            yield from (self._about_channel(each, InboundKind.OPT_OUT) for each in self.writers)
        if self.writer is None:
            return
        for intent in self.certain:
            fact = self._of_person(intent, self.writer) or self._of_account(intent)
            if fact is not None:
                yield fact

    def _wrong_number(self) -> Iterator[InboundFact]:
        for writer in self.writers:
            for point, channel in writer.points.items():
                yield self._fact(
                    f"wrong_number:{point}",
                    InboundKind.OPT_OUT,
                    person_id=writer.person_id,
                    channel=channel,
                    contact_point_id=point,
                    wrong_number=True,
                )

    def _about_channel(self, writer: Writer, kind: InboundKind) -> InboundFact:
        channel = self.reply.channel
        return self._fact(f"{kind.value}:{writer.person_id}", kind, person_id=writer.person_id, channel=channel)

    def _of_person(self, intent: Intent, writer: Writer) -> InboundFact | None:
        if intent in _HOLDS:
            return self._hold(intent, *_HOLDS[intent], person_id=writer.person_id)
        if intent is Intent.START:
            return self._about_channel(writer, InboundKind.OPT_IN)
        if intent is Intent.CEASE:
            account_id = self.about.account_id if self.about else None
            person_id = None if account_id else writer.person_id
            return self._hold(intent, HoldKind.CEASE, "compliance", person_id=person_id, account_id=account_id)
        return None

    def _of_account(self, intent: Intent) -> InboundFact | None:
        about = self.about
        if about is None:
            return None
        account_id = about.account_id
        if intent is Intent.PAID:
            return self._hold(intent, HoldKind.CUSTOM, "payments", account_id=account_id)
        if intent is Intent.DISPUTE:
            return self._fact(
                intent.value, InboundKind.DISPUTE, account_id=account_id, owner="disputes", reason="by reply"
            )
        if intent is Intent.HUMAN:
            return self._fact("callback", InboundKind.CALLBACK, account_id=account_id)
        if intent is Intent.ACCEPT_PLAN:
            return self._plan(about)
        return self._promise(about) if intent is Intent.PROMISE else None

    def _plan(self, about: About) -> InboundFact | None:
        if self.reading.instalments is None or about.offered_from is None or about.balance_minor <= 0:
            return None
        return self._fact(
            "plan",
            InboundKind.PLAN,
            account_id=about.account_id,
            instalments=self.reading.instalments,
            promised_on=about.offered_from,
        )

    def _promise(self, about: About) -> InboundFact | None:
        amount, on = self.reading.amount, self.reading.on
        if amount is None or on is None or about.balance_minor <= 0:
            return None
        return self._fact(
            "promise",
            InboundKind.PROMISE,
            account_id=about.account_id,
            amount_minor=amount.of(about.balance_minor),
            currency=about.currency,
            promised_on=on,
        )

    def _hold(
        self,
        intent: Intent,
        kind: HoldKind,
        owner: str,
        *,
        person_id: str | None = None,
        account_id: str | None = None,
    ) -> InboundFact:
        at, paid = self.reply.at, intent is Intent.PAID
        return self._fact(
            intent.value,
            InboundKind.HOLD_PLACED,
            person_id=person_id,
            account_id=account_id,
            hold_id=f"hold:{self.reply.event_id}:{intent.value}",
            hold_kind=kind,
            channel=self.reply.channel,
            owner=owner,
            reason="says that it is paid" if paid else "by reply",
            ends_at=at + SAYS_PAID_FOR if paid else None,
            review_at=at + COMPLAINT_REVIEW if intent is Intent.COMPLAINT else None,
            pauses_dpd=not paid,
        )

    def _fact(self, name: str, kind: InboundKind, **stated: Any) -> InboundFact:
        """One of ours, under an id of its own below the reply's."""
        return InboundFact(
            event_id=f"{self.reply.event_id}:{name}",
            source=self.reply.source,
            kind=kind,
            at=self.reply.at,
            evidence=self.reply.evidence,
            **stated,
        )

    def answer_fact(self) -> InboundFact | None:
        """That an answer is owed, if it is sure to whom, about what and where to."""
        if self.answer() is None or self.about is None or self.answer_point is None:
            return None
        return self._fact("answer", InboundKind.ANSWER, account_id=self.about.account_id)

    @property
    def answer_point(self) -> str | None:
        """The address that an answer goes to: the very one that the reply came from."""
        points = self.writer.points.items() if self.writer else ()
        return next((point for point, channel in points if channel is self.reply.channel), None)

    def reasons_for_a_human(self) -> Iterator[str]:
        """Why a person must read it, one clause each; none when the rules were sure and all had its effect."""
        certain, about = self.certain, self.about
        if not certain and not self.doubtful:
            yield "nobody but a human can tell what is meant"
        if self._unproven:
            yield "its sender is not proven, and anybody could have written it"
        if self.doubtful:
            yield f"perhaps {', '.join(each.value.replace('_', ' ') for each in self.doubtful)}"
        yield from (_FOR_HUMANS[each] for each in certain if each in _FOR_HUMANS)
        rest = [each.value for each in certain if each not in ENDS_CONTACT | QUIET]
        if len(self.writers) > 1 and rest:
            yield f"{len(self.writers)} people have this address, and one of them means {', '.join(rest)}"
        elif about is None and _OF_ACCOUNT & set(certain):
            yield "it cannot be told which account is meant"
        elif about is not None and about.balance_minor <= 0 and {Intent.PROMISE, Intent.ACCEPT_PLAN} & set(certain):
            yield "promises to pay an account on which nothing is owed"

    def answer(self) -> Intent | None:
        """The intent that is answered; None for silence: to a machine, to thanks, to who is not sure to be ours."""
        if self.writer is None or Intent.AUTOMATIC in self.certain:
            return None
        first = next((intent for intent in _ANSWERED if intent in self.certain), None)
        if first in _BY_PEOPLE_ALONE:
            return None
        return first if first in ENDS_CONTACT or not self.doubtful else None
