"""Messages from `config/templates/<locale>/<name>.<channel>.j2`, compiled once and proved before the first is sent.

Rendering is thread-safe. Values never act as code: Jinja runs sandboxed and strict, and every text is brought to
one line first, so that a name cannot add a subject or a paragraph. There is no HTML, hence no escaping.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from config.documents import refuse_all
from config.message_values import InstalmentOffer, MessageValues, context, language, product_names
from config.proofs import rendered_problems, source_problems
from domain.errors import ConfigurationError, NotKnown
from domain.vocabulary import Channel

__all__ = ["CHANNELS", "InstalmentOffer", "MessageRenderer", "MessageValues", "RenderedMessage"]

CHANNELS = (Channel.SMS, Channel.EMAIL)
FALLBACK_LOCALE = "en"
_SUBJECT = "Subject: "


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMessage:
    """One message as it is sent; an SMS has no subject."""

    subject: str
    body: str


class MessageRenderer:
    """Renders the named templates in every locale of a directory, or does not come into being."""

    def __init__(self, templates_dir: Path, names: Iterable[str]) -> None:
        """Compile and prove every name in each channel and locale.

        Raises ConfigurationError that lists every template which is missing, broken, or breaks a rule.
        """
        self.locales = tuple(sorted(path.name for path in templates_dir.glob("*") if path.is_dir()))
        if FALLBACK_LOCALE not in self.locales:
            raise ConfigurationError(
                f"{templates_dir}: has no directory {FALLBACK_LOCALE}, the language of last resort"
            )
        self._products = {locale: product_names(templates_dir / locale) for locale in self.locales}
        self._templates: dict[tuple[str, str, Channel], Template] = {}
        wanted = sorted(set(names))
        refuse_all(line for locale in self.locales for line in self._compile(templates_dir / locale, wanted))

    def render(self, template: str, channel: Channel, locale: str, values: MessageValues) -> RenderedMessage:
        """The message in the person's language, else in English.

        Raises NotKnown for a template that the renderer was not built with.
        """
        ours, written = language(locale, self.locales, FALLBACK_LOCALE)
        compiled = self._templates.get((ours, template, channel))
        if compiled is None:
            raise NotKnown(f"template {template}.{channel.value} is not known: it was not asked for at start")
        product = self._products[ours].get(values.product, values.product.replace("_", " "))
        return _message(compiled.render(context(replace(values, product=product), written)), channel)

    def _compile(self, directory: Path, names: Iterable[str]) -> Iterator[str]:
        """Every problem of one locale, as lines; what has none is ready to render."""
        environment = SandboxedEnvironment(
            loader=FileSystemLoader(directory), undefined=StrictUndefined, autoescape=False, auto_reload=False
        )
        told = [problem for path in sorted(directory.glob("*.j2")) for problem in source_problems(path)]
        yield from told
        known = {problem.partition(" ")[2] for problem in told}  # a footer's problem is not told for every message
        for name in names:
            for channel in CHANNELS:
                file = f"{name}.{channel.value}.j2"
                where = f"{directory.name}/{file}"
                try:
                    self._templates[directory.name, name, channel] = environment.get_template(file)
                    proved = self._proved(directory.name, name, channel)
                    yield from (f"{where}: {problem}" for problem in proved if problem not in known)
                except TemplateNotFound as error:
                    yield f"{where}: {error.name} is missing"
                except TemplateSyntaxError as error:
                    yield f"{where}:{error.lineno} cannot be read: {error.message}"
                except TemplateError as error:
                    yield f"{where}: cannot be rendered: {error.message}"

    def _proved(self, locale: str, name: str, channel: Channel) -> Iterator[str]:
        def said(values: MessageValues) -> tuple[str, str]:
            message = self.render(name, channel, locale, values)
            return message.subject, message.body

        yield from rendered_problems(locale, channel, said)


def _message(text: str, channel: Channel) -> RenderedMessage:
    """Split off the first line of an e-mail, which is its subject."""
    if channel is not Channel.EMAIL:
        return RenderedMessage(subject="", body=text.strip())
    first, _, rest = text.partition("\n")
    subject = first.removeprefix(_SUBJECT).strip() if first.startswith(_SUBJECT) else ""
    return RenderedMessage(subject=subject, body=rest.strip())
