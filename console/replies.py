"""`replies check`: what the rules make of phrases, and how well they did where the phrases say what they mean."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

from config.labelled_replies import Labelled, read_labelled, scores
from config.replies import load_replies
from console.output import say, screen, table, write_json
from domain.replies.intent import AmountSaid, Reading

DISAGREES = 1


def check_phrases(file: Path, today: date | None, *, as_json: bool) -> int:
    """Read every phrase; 1 when one was not read as it is labelled. Raises InvalidInput for a file that is none."""
    rules, on = load_replies(), today or datetime.now(UTC).date()
    read = [(phrase, phrase.read(rules, on)) for phrase in read_labelled(file)]
    wrong = [pair for pair in read if pair[0].intents is not None and not pair[0].agrees(pair[1])]
    labelled = sum(phrase.intents is not None for phrase, _ in read)
    scored = scores(read)
    if as_json:
        write_json(
            {
                "rules": rules.version,
                "phrases": [_as_json(phrase, reading) for phrase, reading in read],
                "labelled": labelled,
                "as_labelled": labelled - len(wrong),
                "intents": [
                    asdict(each) | {"precision_percent": each.precision_percent, "recall_percent": each.recall_percent}
                    for each in scored
                ],
            }
        )
        return DISAGREES if wrong else 0
    shown = wrong if labelled == len(read) else read
    if shown:
        rows = [(str(phrase.line), *_said(reading), phrase.text.replace("\n", " ⏎ ")) for phrase, reading in shown]
        screen().print(table(file.name, ("line", "meant", "unsure of", "amount", "day", "text"), rows))
    if scored:
        lines = [
            (
                each.intent.value,
                str(each.right + each.missed),
                f"{each.precision_percent} %",
                f"{each.recall_percent} %",
            )
            for each in scored
        ]
        numbers = ("labelled", "precision", "recall")
        screen().print(table("how well", ("intent", *numbers), lines, right=numbers))
        say(f"{labelled - len(wrong)} of {labelled} labelled phrases are read as they are labelled")
    return DISAGREES if wrong else 0


def _said(reading: Reading) -> tuple[str, str, str, str]:
    certain = ", ".join(each.value for each in reading.certain) or "a human reads it"
    doubtful = ", ".join(each.value for each in reading.doubtful)
    return certain, doubtful, amount_words(reading.amount), reading.on.isoformat() if reading.on else ""


def amount_words(amount: AmountSaid | None) -> str:
    """An amount in minor units, or its share; empty for none."""
    if amount is None:
        return ""
    return f"{amount.percent} %" if amount.percent is not None else str(amount.minor)


def _as_json(phrase: Labelled, reading: Reading) -> dict[str, object]:
    return {
        "line": phrase.line,
        "certain": [each.value for each in reading.certain],
        "doubtful": [each.value for each in reading.doubtful],
        "because": [asdict(each) for each in reading.found],
        "amount": asdict(reading.amount) if reading.amount else None,
        "on": reading.on,
        "as_labelled": phrase.agrees(reading) if phrase.intents is not None else None,
    }
