"""Somebody who is called: hears what the customer's TwiML says and presses keys by script, as Twilio carries both.

Source: https://www.twilio.com/docs/voice/twiml
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

import httpx

MOST_HOPS = 20
FAILED_TO_ANSWER = "We are sorry, an application error has occurred. Goodbye."

Fetch = Callable[[str, Mapping[str, str]], httpx.Response | None]
"""Posts a signed form to the customer; None when nobody answered."""


@dataclass(slots=True)
class Talk:
    """One call from lifting the receiver to hanging up."""

    heard: list[str] = field(default_factory=list)
    pressed: str = ""
    connected_to: str = ""


class _NoAnswer(Exception):
    """The customer's door did not answer with TwiML."""


def talk(url: str, keys: str, fetch: Fetch) -> Talk:
    """Live through a call that begins at `url`; each menu takes the next of `keys`, and `-` waits it out."""
    told, left = Talk(), list(keys)
    try:
        verbs = _verbs(fetch(url, {}))
        for _ in range(MOST_HOPS):
            onward = _until_next(verbs, told, left)
            if onward is None:
                return told
            verbs = _verbs(fetch(*onward))
    except _NoAnswer:
        told.heard.append(FAILED_TO_ANSWER)
    return told


def _until_next(verbs: list[ElementTree.Element], told: Talk, left: list[str]) -> tuple[str, dict[str, str]] | None:
    """Go through the verbs; where to ask next and with what, or None when the call is over."""
    for verb in verbs:
        if verb.tag == "Say":
            told.heard.append(_text(verb))
        elif verb.tag == "Gather":
            told.heard += [_text(said) for said in verb.iter("Say")]
            key = left.pop(0) if left else "-"
            if key != "-":
                told.pressed += key
                return verb.get("action", ""), {"Digits": key}
        elif verb.tag == "Dial":
            told.connected_to = _text(verb)
            told.heard.append(f"→ {told.connected_to}")
        elif verb.tag == "Redirect":
            return _text(verb), {}
        elif verb.tag in ("Hangup", "Reject"):
            return None
    return None


def _verbs(answer: httpx.Response | None) -> list[ElementTree.Element]:
    if answer is None or not answer.is_success:
        raise _NoAnswer
    try:
        return list(ElementTree.fromstring(answer.content))  # noqa: S314  # our own door, on this machine
    except ElementTree.ParseError:
        raise _NoAnswer from None


def _text(verb: ElementTree.Element) -> str:
    return " ".join("".join(verb.itertext()).split())
