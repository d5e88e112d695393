"""A whole Metro 2 file: header, one line for each account, trailer with its counts; written sound, checked anywhere."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.errors import InvalidInput
from domain.fixed_width import FieldProblem, Value, read_record, unfit, write_record
from domain.furnishing.checks import problems_of
from domain.furnishing.layouts import BASE, HEADER, K1, K1_LENGTH, LENGTH, TRAILER
from domain.furnishing.tradeline import LineProblem, Tradeline, base_values, k1_values, require_sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnisher:
    """Who furnishes, as the bureaus know it."""

    identification_number: str
    reporter_name: str
    reporter_address: str
    reporter_phone: int = 0
    equifax_program: str = ""
    experian_program: str = ""
    transunion_program: str = ""
    innovis_program: str = ""
    software_vendor: str = "AMICABLE"


def line_of(line: Tradeline, furnisher: Furnisher, *, disputed: bool) -> str:
    """The account's line. Raises InvalidInput with every field that is wrong, its positions and the account."""
    values = base_values(line, furnisher.identification_number)
    problems = unfit(BASE, values) or problems_of(values, disputed=disputed)
    if line.original_creditor:
        problems += unfit(K1, k1_values(line))
    require_sound(line.account_id, problems)
    return write_record(BASE, values) + (write_record(K1, k1_values(line)) if line.original_creditor else "")


def write_file(lines: Sequence[str], furnisher: Furnisher, activity: date, created: date) -> bytes:
    """The file of lines that `line_of` made, a line feed after each record."""
    header = write_record(
        HEADER,
        {
            "record_descriptor": LENGTH,
            "record_identifier": "HEADER",
            "innovis_program": furnisher.innovis_program,
            "equifax_program": furnisher.equifax_program,
            "experian_program": furnisher.experian_program,
            "transunion_program": furnisher.transunion_program,
            "activity_date": activity,
            "created": created,
            "reporter_name": furnisher.reporter_name.upper(),
            "reporter_address": furnisher.reporter_address.upper(),
            "reporter_phone": furnisher.reporter_phone,
            "software_vendor": furnisher.software_vendor,
        },
    )
    trailer = write_record(TRAILER, counts_of(lines))
    return "".join(f"{line}\n" for line in (header, *lines, trailer)).encode("ascii")


def counts_of(lines: Sequence[str]) -> dict[str, Value]:
    """What the trailer counts."""
    bases = [read_record(BASE, line[:LENGTH])[0] for line in lines]
    status = Counter(str(values.get("account_status")) for values in bases)
    counts: dict[str, Value] = {each.name: 0 for each in TRAILER.fields if each.name not in ("reserved", "filler")}
    counts |= {
        "record_descriptor": LENGTH,
        "record_identifier": "TRAILER",
        "base_records": len(lines),
        "block_count": len(lines) + 2,
        "k1_segments": sum(len(line) > LENGTH for line in lines),
    }
    for name, of in (("social_numbers", "social_security_number"), ("birth_dates", "date_of_birth")):
        counted = sum(bool(values.get(of)) for values in bases)
        counts |= {name: counted, f"{name}_base": counted}
    counts["telephones"] = sum(bool(values.get("telephone")) for values in bases)
    counts["ecoa_z"] = sum(values.get("ecoa_code") == "Z" for values in bases)
    return counts | {f"status_{code}": number for code, number in status.items() if f"status_{code}" in counts}


def check_file(data: bytes) -> list[LineProblem]:
    """Everything that is wrong with a file, each with line, account, field and positions; none for a sound one.

    Raises InvalidInput for what is no such file at all.
    """
    try:
        lines = data.decode("ascii").replace("\r\n", "\n").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        where = data.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"line {where} is not ASCII, as a Metro 2 file is") from None
    if len(lines) < 2 or lines[0][4:10] != "HEADER" or lines[-1][4:11] != "TRAILER":
        raise InvalidInput("a Metro 2 file begins with a HEADER record and ends with a TRAILER record")
    header, found = read_record(HEADER, lines[0])
    problems = [LineProblem("(header)", each, 1) for each in found]
    created = header.get("created")
    for number, line in enumerate(lines[1:-1], start=2):
        problems += _check_line(line, number, created if isinstance(created, date) else None)
    return problems + _check_trailer(lines)


def _check_line(line: str, number: int, created: date | None) -> list[LineProblem]:
    values, problems = read_record(BASE, line[:LENGTH])
    account = str(values.get("consumer_account_number") or "(unreadable)")
    if not problems:
        problems = problems_of(values)
        as_of = values.get("date_of_account_information")
        if isinstance(as_of, date) and created is not None and as_of > created:
            problems.append(BASE.problem("date_of_account_information", "lies after the day the file was made"))
    if line[LENGTH:] or values.get("record_descriptor") != LENGTH:
        problems += _check_k1(line)
    return [LineProblem(account, each, number) for each in problems]


def _check_k1(line: str) -> list[FieldProblem]:
    if line[:4] != f"{len(line):04d}" or len(line) not in (LENGTH, LENGTH + K1_LENGTH):
        return [BASE.problem("record_descriptor", f"must be the length of the line, {LENGTH} or {LENGTH + K1_LENGTH}")]
    return read_record(K1, line[LENGTH:])[1]


def _check_trailer(lines: Sequence[str]) -> list[LineProblem]:
    values, problems = read_record(TRAILER, lines[-1])
    counted = counts_of(lines[1:-1])
    for name, value in counted.items():
        if name in values and values[name] != value:
            problems.append(TRAILER.problem(name, f"says {values[name]} and the file has {value}"))
    return [LineProblem("(trailer)", each, len(lines)) for each in problems]
