"""Messages from `config/templates/<locale>/<name>.<channel>.j2`, compiled once and proved before the first is sent.

Rendering is thread-safe. Values never act as code: Jinja runs sandboxed and strict, and every text is brought to
one line first, so that a name cannot add a subject or a paragraph. There is no HTML, hence no escaping. What the law
makes a message say is added from data (`config/disclosures.py`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

from jinja2 import DictLoader, StrictUndefined, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from config.disclosures import Duties, load_duties, load_words
from config.documents import refuse_all
from config.message_values import (
    AgreementWords,
    InstalmentOffer,
    MessageValues,
    context,
    language,
    product_names,
    spoken,
)
from config.proofs import (
    MOST_SEGMENTS,
    WITH_SUBJECT,
    Finished,
    around_the_person,
    forbidden_words,
    missing_words,
    rendered_problems,
    samples,
    source_problems,
)
from config.proved import fingerprint, is_proved, remember
from config.segments import gsm_folded, is_gsm, segments
from config.speaking import Disclosing, Speaker, speaker_of
from domain.compliance.vocabulary import Role
from domain.errors import ConfigurationError, MessageRefused, NotKnown
from domain.vocabulary import Channel

__all__ = ["CHANNELS", "AgreementWords", "InstalmentOffer", "MessageRenderer", "MessageValues", "RenderedMessage"]

CHANNELS = tuple(Channel)
FALLBACK_LOCALE = "en"
_SUBJECT = "Subject: "
_KEPT = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMessage:
    """One message as it is sent; the subject is an e-mail's, a letter's, or the title of a push."""

    subject: str
    body: str


class MessageRenderer:
    """Renders the named templates in every locale of a directory, or does not come into being."""

    def __init__(self, templates_dir: Path, names: Iterable[str]) -> None:
        """Prove every name in each channel and locale, or find that exactly this was proved before (config/proved.py).

        What is rendered is what the files said now, whatever becomes of them later. Raises ConfigurationError that
        lists every template which is missing, broken, or breaks a rule.
        """
        self.locales = tuple(sorted(path.name for path in templates_dir.glob("*") if path.is_dir()))
        if FALLBACK_LOCALE not in self.locales:
            raise ConfigurationError(
                f"{templates_dir}: has no directory {FALLBACK_LOCALE}, the language of last resort"
            )
        self.duties: Duties = load_duties(templates_dir)
        self._products = {locale: product_names(templates_dir / locale) for locale in self.locales}
        self._disclosing: dict[str, Disclosing] = {}
        self._environments: dict[str, SandboxedEnvironment] = {}
        self._templates: dict[tuple[str, str, Channel], Template] = {}
        self._screened: set[str] = set()
        self.names = tuple(sorted(set(names)))
        self._house_rules = lru_cache(maxsize=_KEPT)(self._house)
        files = _read(templates_dir)
        key = fingerprint(files, self.names)
        proved = is_proved(key)
        for locale in self.locales:
            self._environments[locale] = _environment(locale, files)
        refuse_all(line for locale in self.locales for line in self._compile(templates_dir / locale, proved))
        if not proved:
            remember(key)
        self._screened.clear()

    def render(self, template: str, channel: Channel, locale: str, values: MessageValues) -> RenderedMessage:
        """The message in the person's language, else in English.

        Raises NotKnown for a template that the renderer was not built with.
        """
        finished = self.finished(template, channel, locale, values)
        return RenderedMessage(subject=finished.subject, body=finished.body)

    def screened(self, template: str, channel: Channel, locale: str, values: MessageValues) -> RenderedMessage:
        """As `render`, and looked over with its values in it: the one way to a message that is sent.

        Raises MessageRefused with template, locale, channel and rules, and never with a word of the message.
        """
        finished = self.finished(template, channel, locale, values)
        told = {broken.rule for broken in missing_words(finished)}
        told |= {broken.rule for broken in forbidden_words(around_the_person(finished, values))}
        told |= self._house_rules(template, channel, finished.locale, values.product, speaker_of(values))
        if told:
            where = f"message {finished.locale}/{template}.{channel.value} {values.reference}"
            raise MessageRefused(
                f"{where} breaks {', '.join(sorted(told))} and is not sent: correct the template or a value"
            )
        return RenderedMessage(subject=finished.subject, body=finished.body)

    def _house(self, template: str, channel: Channel, locale: str, product: str, speaker: Speaker) -> frozenset[str]:
        """Rules that a message breaks whomever it goes to: its own words with this sender's and this product's."""
        told = samples(locale)
        anyone = (replace(values, **asdict(speaker), product=product) for values in told)
        finished = (self.finished(template, channel, locale, values) for values in anyone)
        return frozenset(broken.rule for each in finished for broken in forbidden_words(each.whole))

    def finished(self, template: str, channel: Channel, locale: str, values: MessageValues) -> Finished:
        """The message together with the language that it was written in and the disclosures that it owes."""
        ours, written = language(locale, self.locales, FALLBACK_LOCALE)
        compiled = self._templates.get((ours, template, channel)) or self._loaded(ours, template, channel)
        product = self._products[ours].get(values.product, values.product.replace("_", " "))
        said = self._disclosing[ours].said(channel, speaker_of(values))
        told = context(values, written) | said.places
        told["product"] = " ".join(product.split())
        text = compiled.render(told)
        subject, body = _parted(text, channel)
        return Finished(locale=ours, channel=channel, subject=subject, body=body, owed=said.owed)

    def _loaded(self, locale: str, name: str, channel: Channel) -> Template:
        if name not in self.names:
            raise NotKnown(f"template {name}.{channel.value} is not known: it was not asked for at start")
        return self._templates.setdefault(
            (locale, name, channel), self._environments[locale].get_template(_file(name, channel))
        )

    def _compile(self, directory: Path, proved: bool) -> Iterator[str]:
        """Every problem of one locale, as lines; what has none is ready to render."""
        environment = self._environments[directory.name]
        disclosing = Disclosing(self.duties, load_words(directory), directory.name, environment)
        unspoken = [] if proved else list(disclosing.problems())
        if unspoken:
            yield from unspoken
            return
        self._disclosing[directory.name] = disclosing
        if proved:
            return
        told = [problem for path in sorted(directory.glob("*.j2")) for problem in source_problems(path)]
        yield from told
        known = {problem.partition(" ")[2] for problem in told}  # a footer's problem is not told for every message
        for channel in CHANNELS:
            for name in self.names:
                yield from self._prove(directory.name, name, channel, known)

    def _prove(self, locale: str, name: str, channel: Channel, known: set[str]) -> Iterator[str]:
        where = f"{locale}/{_file(name, channel)}"
        try:
            proved = self._proved(locale, name, channel)
            yield from (f"{where}: {problem}" for problem in proved if problem not in known)
        except TemplateNotFound as error:
            yield f"{where}: {error.name} is missing"
        except TemplateSyntaxError as error:
            yield f"{where}:{error.lineno} cannot be read: {error.message}"
        except TemplateError as error:
            yield f"{where}: cannot be rendered: {error.message}"

    def _proved(self, locale: str, name: str, channel: Channel) -> Iterator[str]:
        """With every sample; with every set of disclosures where one template stands for all of its channel."""
        told = samples(locale)
        if name == self.names[0]:
            variants = self.duties.variants(channel)
            told += tuple(_spoken_by(told[-1], where, role) for where, role in variants)

        def said(values: MessageValues) -> Finished:
            return self.finished(name, channel, locale, values)

        yield from rendered_problems(said, told, self._screened)


def _file(name: str, channel: Channel) -> str:
    return f"{name}.{channel.value}.j2"


def _read(templates_dir: Path) -> dict[str, str]:
    """Every file of the directory by its path from there."""
    found = sorted(path for kind in ("*.j2", "*.yaml") for path in templates_dir.rglob(kind))
    try:
        return {path.relative_to(templates_dir).as_posix(): path.read_text(encoding="utf-8") for path in found}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{templates_dir}: a template cannot be read as UTF-8 text: {error}") from None


def _environment(locale: str, files: Mapping[str, str]) -> SandboxedEnvironment:
    """Where the templates of one language are compiled, each when it is first asked for."""
    own = {name.removeprefix(f"{locale}/"): text for name, text in files.items() if name.startswith(f"{locale}/")}
    environment = SandboxedEnvironment(
        loader=DictLoader(own), undefined=StrictUndefined, autoescape=False, auto_reload=False, cache_size=-1
    )
    environment.filters["spoken"] = spoken
    return environment


def _spoken_by(values: MessageValues, jurisdiction: str, role: Role) -> MessageValues:
    """The same message by another sender; a creditor writes in his own name."""
    sender = "" if role is Role.CREDITOR else values.sender
    return replace(values, jurisdiction=jurisdiction, role=role, sender=sender)


def _parted(text: str, channel: Channel) -> tuple[str, str]:
    """Subject and body; an SMS that would take too many parts loses its accents rather than its reader."""
    if channel not in WITH_SUBJECT:
        body = text.strip()
        return "", _short(body) if channel is Channel.SMS else body
    first, _, rest = text.partition("\n")
    subject = first.removeprefix(_SUBJECT).strip() if first.startswith(_SUBJECT) else ""
    return subject, rest.strip()


def _short(body: str) -> str:
    """An SMS of too many parts without its accents, if that spares it UCS-2; else as it is."""
    if is_gsm(body) or segments(body) <= MOST_SEGMENTS:
        return body
    folded = gsm_folded(body)
    return folded if is_gsm(folded) else body
