"""The door for calls: what is said, and what the keys of a telephone mean.

    greeting    names the person and no debt; nothing at all to a machine
    identified  1: it is the person, and hears the statement; 9: somebody else, this number is left alone
    choice      1: a human, now or by calling back; 2: once more; 9: no more calls
    status      how the call went, as the receipts of other messages; one that reached nobody tells the case

Addresses hold the reference of the touch and nothing else; Twilio signs each form, and the number in it must be the
one that the reference was called at. A key that changes something is stored as a fact before it is answered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Response
from sqlalchemy import Engine

from activities.receipts import of_twilio_call
from activities.spoken import Speaker, Spoken
from activities.voice import door_url
from casedb.inbox import InboundFact, InboundKind
from domain.vocabulary import Channel
from web.answers import documented
from web.receipts import fact_of_twilio
from web.telling import Tell, take_in
from web.twilio_forms import FORM, TwilioForms
from web.twiml import ENGLISH, connection, ending, menu, tongue_of

SOURCE = "voice_keypad"
STOP, HUMAN, YES, AGAIN = "9", "1", "1", "2"
GREETED = 2
"""How often the greeting is said before a silent line is given up."""

TWIML: dict[int | str, dict[str, Any]] = {200: {"content": {"application/xml": {}}, "description": "TwiML."}}

Keys = Callable[[Spoken, Mapping[str, str], BackgroundTasks], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceDoor:
    """The handlers of calls. Synchronous ones run in a thread: they speak to the database."""

    engine: Engine
    speaker: Speaker
    forms: TwilioForms
    help_phone: str
    tell: Tell
    """Brings a stored fact to the cases it is about, after the answer went out."""

    def router(self) -> APIRouter:
        """The paths of the door."""
        router = APIRouter(
            prefix="/voice/{reference}",
            tags=["Calls"],
            responses=documented(401, 413, 422, 503),
            default_response_class=Response,
        )
        form = Depends(self.forms)

        @router.post("/greeting", openapi_extra=FORM, responses=TWIML)
        def greeting(reference: str, told: Annotated[dict[str, str], form]) -> Response:
            """Who is there?"""
            return _twiml(self.greet(reference, told))

        @router.post("/identified", openapi_extra=FORM, responses=TWIML)
        def identified(reference: str, told: Annotated[dict[str, str], form], later: BackgroundTasks) -> Response:
            """What the first key means."""
            return _twiml(self._keyed(self.state, reference, told, later))

        @router.post("/choice", openapi_extra=FORM, responses=TWIML)
        def choice(reference: str, told: Annotated[dict[str, str], form], later: BackgroundTasks) -> Response:
            """What the key after the statement means."""
            return _twiml(self._keyed(self.choose, reference, told, later))

        @router.post("/status", status_code=204, openapi_extra=FORM)
        def status(reference: str, told: Annotated[dict[str, str], form], later: BackgroundTasks) -> Response:
            """How the call went."""
            self._store(fact_of_twilio(of_twilio_call(told), reference, told, datetime.now(UTC)), later)
            return Response(status_code=204)

        return router

    def greet(self, reference: str, told: Mapping[str, str]) -> str:
        """Ask whether this is the person, before anything is said that concerns only him."""
        if told.get("AnsweredBy", "").startswith(("machine", "fax")):
            return ending(ENGLISH, "")
        words = self._words(reference, told)
        if words is None or not words.greeting:
            return ending(ENGLISH, "")
        answer_to = door_url(self.forms.base_url, reference, "identified")
        return menu(tongue_of(words.locale), words.greeting, answer_to=answer_to, times=GREETED)

    def state(self, words: Spoken, told: Mapping[str, str], later: BackgroundTasks) -> str:
        """The statement for who said that he is the person; a number that stopped calls is left alone."""
        tongue, key = tongue_of(words.locale), told.get("Digits", "")
        if key == STOP:
            self._stop(words, told, later, whole_channel=False)
            return ending(tongue, tongue.stopped)
        return self._statement(words) if key == YES else ending(tongue, tongue.goodbye)

    def choose(self, words: Spoken, told: Mapping[str, str], later: BackgroundTasks) -> str:
        """What the person wants after the statement."""
        tongue, key = tongue_of(words.locale), told.get("Digits", "")
        if key == STOP:
            self._stop(words, told, later, whole_channel=True)
            return ending(tongue, tongue.stopped)
        if key == HUMAN:
            self._store(_fact(InboundKind.CALLBACK, words, told, account_id=words.call.account_id), later)
            return connection(tongue, self.help_phone, caller=told.get("From", ""))
        return self._statement(words) if key == AGAIN else ending(tongue, tongue.goodbye)

    def _keyed(self, keys: Keys, reference: str, told: Mapping[str, str], later: BackgroundTasks) -> str:
        words = self._words(reference, told)
        return keys(words, told, later) if words is not None else ending(ENGLISH, "")

    def _words(self, reference: str, told: Mapping[str, str]) -> Spoken | None:
        return self.speaker.words(reference, told.get("To", ""), datetime.now(UTC))

    def _statement(self, words: Spoken) -> str:
        tongue = tongue_of(words.locale)
        if not words.statement:
            return ending(tongue, tongue.nothing_to_do)
        answer_to = door_url(self.forms.base_url, words.call.reference, "choice")
        return menu(tongue, words.statement, answer_to=answer_to)

    def _stop(self, words: Spoken, told: Mapping[str, str], later: BackgroundTasks, *, whole_channel: bool) -> None:
        """The person ends the channel; somebody else at the number only its use."""
        point = None if whole_channel else words.call.contact_point_id
        self._store(
            _fact(
                InboundKind.OPT_OUT,
                words,
                told,
                person_id=words.call.person_id,
                channel=Channel.VOICE,
                contact_point_id=point,
            ),
            later,
        )

    def _store(self, fact: InboundFact, later: BackgroundTasks) -> None:
        take_in(self.engine, fact, self.tell, later)


def _fact(kind: InboundKind, words: Spoken, told: Mapping[str, str], **about: object) -> InboundFact:
    """A key as a fact, once per call however often the form is posted; the call's id is where it can be looked up."""
    sid = told.get("CallSid", "")
    return InboundFact(
        event_id=f"voice:{sid}:{kind.value}:{words.call.reference}",
        source=SOURCE,
        kind=kind,
        at=datetime.now(UTC),
        evidence=f"twilio call {sid}",
        **about,  # type: ignore[arg-type]  # the fields of the fact, named by the callers
    )


def _twiml(text: str) -> Response:
    return Response(text, media_type="application/xml")
