"""The summary of a claim for a court: who claims what from whom, made of what, on which grounds, after which steps.

As data and as a page. It says nothing that the file of evidence beside it does not prove.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel import Locale
from reportlab.platypus import Flowable

from casedb.evidence import CaseFile, Row
from config.amounts import written
from config.evidence import EvidenceWords, evidence_words
from documents import sheets
from documents.archive import ArchivedFile
from documents.evidence_bundle import as_json
from domain.calendar import zone
from domain.itemisation import Itemisation
from domain.money import Money

FORMAT = "amicable-claim/1"
DATA, PAGES = "claim.json", "claim.pdf"
PARTS = ("principal", "interest", "fees", "payments", "total")
NOTHING = "–"
VOTE = ("at", "role", "voter", "on_behalf_of")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a claim rests on besides its file."""

    items: Itemisation
    due_on: date
    claimant_address: tuple[str, ...]
    represented_by: str
    """Who collects for the creditor; empty when nobody does."""
    limitation_years: int | None
    """As the profile has it; None where it has no rule."""
    limitation_ends_on: date | None


def claim_files(file: CaseFile, grounds: Grounds, *, made_at: datetime, locale: str) -> tuple[ArchivedFile, ...]:
    """The summary as data and as a PDF in that language."""
    told = claim_of(file, grounds, made_at)
    words, numbers, ours = evidence_words(locale)
    title = words.claim["title"]
    pages = sheets.set_sheets(
        [*_story(told, words, numbers, file.case.zone)],
        name=f"{title} {file.case.case_id}",
        locale=ours,
        foot=lambda page, pages: words.sentences["page"].format(case_id=file.case.case_id, page=page, pages=pages),
    )
    return (ArchivedFile(DATA, as_json(told)), ArchivedFile(PAGES, pages))


def claim_of(file: CaseFile, grounds: Grounds, made_at: datetime) -> dict[str, Any]:
    """The summary as data: amounts in minor units, instants in UTC."""
    [account], [person] = file.rows("account"), file.rows("person")
    items = {part: getattr(grounds.items, part).amount_minor for part in PARTS}
    return {
        "format": FORMAT,
        "case_id": file.case.case_id,
        "account_id": file.case.account_id,
        "made_at": made_at.isoformat(timespec="microseconds"),
        "claimant": {
            "name": account["creditor"],
            "address": list(grounds.claimant_address),
            "represented_by": grounds.represented_by or None,
        },
        "defendant": {
            "person_id": person["person_id"],
            "name": person["full_name"],
            "addresses": [row["address"] for row in file.rows("addresses") if row["channel"] == "letter"],
        },
        "particulars": {
            "product": account["product"],
            "currency": account["currency"],
            **{f"{part}_minor": amount for part, amount in items.items()},
            "due_on": grounds.due_on.isoformat(),
            "contract": _attested(file, "contract"),
        },
        "venue": _attested(file, "venue"),
        "limitation": {
            "found": _attested(file, "limitation"),
            "years": grounds.limitation_years,
            "ends_on": grounds.limitation_ends_on.isoformat() if grounds.limitation_ends_on else None,
        },
        "pre_action": sorted(_steps(file), key=lambda step: (step["at"], step["reference"])),
        "approvals": [{name: row[name] for name in VOTE} for row in file.rows("votes")],
        "audit_chain": {"number": file.head.number, "hash": file.head.hash},
    }


def _attested(file: CaseFile, subject: str) -> Row | None:
    """The latest word of a person of ours about it."""
    words = [row for row in file.rows("attestations") if row["subject"] == subject]
    return {name: words[-1][name] for name in ("says", "by", "at")} if words else None


def _steps(file: CaseFile) -> Iterator[Row]:
    """Notices that arrived, letters, and steps that stand outside."""
    for row in file.rows("contacts"):
        if row["delivery"] == "delivered":
            yield {"at": row["at"], "what": "notice_delivered", "reference": row["reference"], "says": row["touch_key"]}
    steps = {row["key"] for row in file.rows("outside_steps")}
    for row in file.rows("papers"):
        if row["withdrawn_at"] is None and row["paper_id"] not in steps:
            yield {"at": row["made_at"], "what": row["kind"], "reference": row["file_name"], "says": row["sha256"]}
    for row in file.rows("outside_steps"):
        if row["undone_at"] is None:
            yield {"at": row["taken_at"], "what": row["kind"], "reference": row["reference"], "says": row["why"]}


def _story(told: dict[str, Any], words: EvidenceWords, numbers: Locale, zone_name: str) -> Iterator[Flowable]:
    labels = words.claim

    def instant(at: str) -> str:
        return f"{datetime.fromisoformat(at).astimezone(zone(zone_name)):%Y-%m-%d %H:%M:%S %z}"

    def word(found: Row | None) -> str:
        if found is None:
            return NOTHING
        says = words.values.get(f"says.{found['says']}", found["says"])
        return f"{says} ({found['by']}, {instant(found['at'])})"

    def amount(minor: int) -> str:
        return written(Money(minor, told["particulars"]["currency"]), numbers)

    claimant, defendant, what = told["claimant"], told["defendant"], told["particulars"]
    limitation = told["limitation"]
    yield sheets.title(labels["title"])
    yield sheets.text(words.sentences["subtitle"].format(case_id=told["case_id"], account_id=told["account_id"]))
    yield from sheets.heading(labels["parties"])
    yield sheets.pairs(
        (
            (labels["claimant"], "\n".join((claimant["name"], *claimant["address"]))),
            (labels["represented_by"], claimant["represented_by"] or NOTHING),
            (labels["defendant"], "\n".join((defendant["name"], *defendant["addresses"]))),
            (labels["defendant_id"], defendant["person_id"]),
        )
    )
    yield from sheets.heading(labels["particulars"])
    yield sheets.pairs(
        (
            (labels["product"], what["product"]),
            (labels["contract"], word(what["contract"])),
            (labels["due_on"], what["due_on"]),
            *((labels[part], amount(what[f"{part}_minor"])) for part in PARTS),
        )
    )
    yield from sheets.heading(labels["grounds"])
    years = limitation["years"]
    ends = labels["limitation_rule"].format(years=years, ends_on=limitation["ends_on"]) if years else NOTHING
    yield sheets.pairs(
        (
            (labels["venue"], word(told["venue"])),
            (labels["limitation"], word(limitation["found"])),
            (labels["limitation_by_law"], ends),
            (labels["chain"], f"{told['audit_chain']['number']}, {told['audit_chain']['hash'] or NOTHING}"),
        )
    )
    yield from _tables(told, words, instant)


def _tables(told: dict[str, Any], words: EvidenceWords, instant: Any) -> Iterator[Flowable]:
    labels, columns = words.claim, words.columns
    yield from sheets.heading(labels["pre_action"])
    steps = (
        (instant(step["at"]), words.values.get(step["what"], step["what"]), step["reference"], step["says"])
        for step in told["pre_action"]
    )
    yield sheets.table(
        ((columns["at"], 4), (columns["kind"], 4), (columns["reference"], 5), (columns["says"], 7)), steps
    )
    yield from sheets.heading(labels["approvals"])
    votes = ([instant(row["at"]), *(row[name] or NOTHING for name in VOTE[1:])] for row in told["approvals"])
    yield sheets.table([(columns[name], 1) for name in VOTE], votes)
