"""What Twilio is told to do in a call: say, wait for a key, connect, hang up, in a voice of the person's language.

Source: https://www.twilio.com/docs/voice/twiml and https://www.twilio.com/docs/voice/twiml/say/text-speech
"""

import re
from dataclasses import dataclass

from twilio.twiml.voice_response import VoiceResponse

WAIT_FOR_KEY_SECONDS = 6
RING_HUMAN_SECONDS = 30
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """A language as Twilio speaks it, with the few words that are the same in every call and name no debt."""

    voice: str
    language: str
    connecting: str
    will_call: str
    stopped: str
    nothing_to_do: str
    goodbye: str


ENGLISH = Tongue(
    voice="Polly.Joanna",
    language="en-US",
    connecting="We connect you with a person now.",
    will_call="A person will call you back.",
    stopped="We have noted that. We will not call this number again. Goodbye.",
    nothing_to_do="Thank you. There is nothing that you need to do today. Goodbye.",
    goodbye="Goodbye.",
)
TONGUES = {
    "en": ENGLISH,
    "en-GB": Tongue(
        voice="Polly.Amy",
        language="en-GB",
        connecting=ENGLISH.connecting,
        will_call=ENGLISH.will_call,
        stopped=ENGLISH.stopped,
        nothing_to_do=ENGLISH.nothing_to_do,
        goodbye=ENGLISH.goodbye,
    ),
    "zh": Tongue(
        voice="Polly.Zhiyu",
        language="cmn-CN",
        connecting="正在为您转接人工，请稍候。",
        will_call="稍后会有人工给您回电。",
        stopped="已经记录，我们不会再拨打这个号码。再见。",
        nothing_to_do="谢谢，您今天不需要做任何事。再见。",
        goodbye="再见。",
    ),
}


def tongue_of(locale: str) -> Tongue:
    """How a locale is spoken: the very one, else its language, else English, as messages are written."""
    tag = locale.replace("_", "-")
    return TONGUES.get(tag) or TONGUES.get(tag.partition("-")[0]) or ENGLISH


def menu(tongue: Tongue, text: str, *, answer_to: str, times: int = 1) -> str:
    """Say a text while waiting for one key, a few times over; without any key the call ends."""
    response = VoiceResponse()
    for _ in range(times):
        gather = response.gather(
            num_digits=1, action=answer_to, method="POST", timeout=WAIT_FOR_KEY_SECONDS, finish_on_key=""
        )
        _say(gather, tongue, text)
    response.hangup()
    return str(response)


def ending(tongue: Tongue, text: str) -> str:
    """Say a last word and hang up; nothing is said when there is no word."""
    response = VoiceResponse()
    if text:
        _say(response, tongue, text)
    response.hangup()
    return str(response)


def connection(tongue: Tongue, phone: str, *, caller: str) -> str:
    """Connect with a human, who sees our own number; one that cannot be dialled from abroad is not tried.

    Whoever is not connected is told that somebody calls back.
    """
    number = "+" + re.sub(r"\D", "", phone) if phone.strip().startswith("+") else ""
    if not _NUMBER.fullmatch(number):
        return ending(tongue, f"{tongue.will_call} {tongue.goodbye}")
    response = VoiceResponse()
    _say(response, tongue, tongue.connecting)
    response.dial(number, timeout=RING_HUMAN_SECONDS, caller_id=caller)
    _say(response, tongue, f"{tongue.will_call} {tongue.goodbye}")
    response.hangup()
    return str(response)


def _say(verb: VoiceResponse, tongue: Tongue, text: str) -> None:
    for line in text.splitlines():
        if line.strip():
            verb.say(line.strip(), voice=tongue.voice, language=tongue.language)
