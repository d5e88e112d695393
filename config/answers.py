"""The answers to what people write: `config/answers/<locale>.yaml`, looked over for forbidden words at load."""

import string
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from babel import Locale
from pydantic import RootModel

from config.documents import Document, read_document, read_model, refuse_all, rule_files
from config.fields import Text
from config.lints import lint
from config.message_values import language
from domain.errors import ConfigurationError
from domain.replies.intent import ENDS_CONTACT, Intent

ANSWERS_DIR = Path(__file__).parent / "answers"
FALLBACK = "en"
ANSWERED = frozenset(
    {
        Intent.STOP,
        Intent.CEASE,
        Intent.WRONG_PERSON,
        Intent.HELP,
        Intent.PAID,
        Intent.PROMISE,
        Intent.PLAN,
        Intent.ACCEPT_PLAN,
        Intent.DISPUTE,
        Intent.HARDSHIP,
        Intent.COMPLAINT,
        Intent.HUMAN,
        Intent.START,
    }
)
"""What is answered. A death, a bankruptcy, a breathing space, a representative and needs of a person are answered
by people alone."""


class AnswersFile(RootModel[dict[Intent, Text]]):
    """The whole file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerValues:
    """What an answer may say."""

    sender: str
    creditor: str
    pay_url: str
    help_phone: str
    reference: str
    options: str = ""
    """The plans on offer with their amounts, and so on: only in the answer to who asks for one."""
    first_on: str = ""
    every_days: str = ""
    example: str = ""


_OF_PLANS = frozenset({"options", "first_on", "every_days", "example"})


@dataclass(frozen=True, slots=True)
class Answers:
    """Every answer in every language."""

    by_locale: Mapping[str, Mapping[Intent, str]]

    def language(self, locale: str) -> tuple[str, Locale]:
        """Which of our languages a person reads, and how amounts and days are written for him."""
        return language(locale, tuple(self.by_locale), FALLBACK)

    def write(self, intent: Intent, locale: str, values: AnswerValues) -> str:
        """The answer in the person's language, else in English; values are brought to one line."""
        ours, _ = self.language(locale)
        told = {name: " ".join(value.split()) for name, value in asdict(values).items()}
        return self.by_locale[ours][intent].format_map(told)


@lru_cache(maxsize=4)
def load_answers(directory: Path = ANSWERS_DIR) -> Answers:
    """Read every language. Raises ConfigurationError that lists every problem of every file."""
    by_locale: dict[str, Mapping[Intent, str]] = {}
    problems: list[str] = []
    for path in rule_files(directory):
        try:
            document = read_document(path)
            told = read_model(document, AnswersFile).root
        except ConfigurationError as error:
            problems += str(error).splitlines()
            continue
        problems += _problems(document, told)
        by_locale[path.stem] = told
    if FALLBACK not in by_locale and not problems:
        problems.append(f"{directory}: has no {FALLBACK}.yaml, the language of last resort")
    refuse_all(problems)
    return Answers(by_locale)


def _problems(document: Document, told: Mapping[Intent, str]) -> Iterator[str]:
    for intent in sorted(ANSWERED ^ told.keys()):
        yield document.problem((intent.value,), "is missing" if intent in ANSWERED else "is answered by people alone")
    for intent, text in told.items():
        where = (intent.value,)
        try:
            named = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        except ValueError as error:
            yield document.problem(where, f"cannot be read: {error}")
            continue
        for unknown in sorted(named - set(AnswerValues.__slots__)):
            yield document.problem(where, f"{{{unknown}}} is not a value of an answer")
        yield from (document.problem(where, reason) for reason in _misnamed(intent, named))
        yield from (document.problem(where, f"breaks {found.rule}: {found.reason}") for found in lint(text))


def _misnamed(intent: Intent, named: set[str]) -> Iterator[str]:
    """What a text says too much or too little of."""
    plans = ", ".join(f"{{{each}}}" for each in sorted(_OF_PLANS))
    if intent is Intent.PLAN and _OF_PLANS - named:
        yield f"must have {plans}: it offers what may be taken"
    if intent is not Intent.PLAN and _OF_PLANS & named:
        yield f"offers no plans: {plans} belong to plan"
    if intent is Intent.WRONG_PERSON and named - {"sender", "reference"}:
        yield "may say {sender} and {reference} alone: whoever reads it has nothing to do with us"
    if intent in ENDS_CONTACT and "sender" not in named:
        yield "must say {sender}: a confirmation tells whose it is"
    if "reference" not in named:
        yield "must have {reference}: by it we find out whether it was sent"
