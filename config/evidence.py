"""The words of a file of evidence: `config/evidence/<locale>.yaml`, the same ones in every language."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from babel import Locale

from config.documents import Document, read_document, read_model, refuse_all, rule_files
from config.fields import RuleModel, Text
from config.message_values import language

EVIDENCE_DIR = Path(__file__).parent / "evidence"
FALLBACK = "en"


class EvidenceWords(RuleModel):
    """One language: titles of sections, names of columns, what a value is called, and sentences with {places}."""

    sections: dict[str, Text]
    columns: dict[str, Text]
    values: dict[str, Text]
    """What a code is called, as `column.code` where it depends; one that is not here stands as it is."""
    sentences: dict[str, Text]
    claim: dict[str, Text]
    """The labels of the summary of a claim."""


def evidence_words(locale: str, directory: Path = EVIDENCE_DIR) -> tuple[EvidenceWords, Locale, str]:
    """The words for a person's locale, else English; how numbers are written; and the language's own name.

    Raises ConfigurationError that lists every problem of every file.
    """
    known = _loaded(directory)
    ours, written = language(locale or FALLBACK, tuple(known), FALLBACK)
    return known[ours], written, ours


@lru_cache(maxsize=4)
def _loaded(directory: Path) -> dict[str, EvidenceWords]:
    documents = {path.stem: read_document(path) for path in rule_files(directory)}
    words = {name: read_model(document, EvidenceWords) for name, document in documents.items()}
    if FALLBACK not in words:
        refuse_all([f"{directory}: has no {FALLBACK}.yaml, the language of last resort"])
    expected = words[FALLBACK]
    refuse_all(line for name, document in documents.items() for line in _missing(document, words[name], expected))
    return words


def _missing(document: Document, words: EvidenceWords, expected: EvidenceWords) -> Iterator[str]:
    for group in EvidenceWords.model_fields:
        for key in sorted(getattr(words, group).keys() ^ getattr(expected, group).keys()):
            known = key in getattr(expected, group)
            yield document.problem((group, key), "is missing" if known else f"is not in {FALLBACK}.yaml")
