"""Whom somebody asks for on the command line, as the selection that a preview counts and a start stores."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from casedb.id_list import read_ids
from casedb.selecting import Selection
from domain.errors import InvalidInput
from domain.selection import AllOf, Condition, Field, Number, Op, Text, refuse_mixed_amounts
from domain.selection_words import read_condition

_RANGE = re.compile(r"(?P<low>[0-9]+(?:\.[0-9]+)?)?\s*(?P<dash>-)?\s*(?P<high>[0-9]+(?:\.[0-9]+)?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The filters as they were typed; nothing said means everybody who owes."""

    products: Sequence[str] = ()
    segments: Sequence[str] = ()
    currencies: Sequence[str] = ()
    jurisdictions: Sequence[str] = ()
    dpd: str = ""
    balance: str = ""
    where: str = ""
    ids: Path | None = None

    def selection(self) -> Selection:
        """All of it together. Raises InvalidInput that says what cannot be understood."""
        parts: list[Condition] = [
            Text(field=field, values=tuple(values))
            for field, values in (
                (Field.PRODUCT, self.products),
                (Field.SEGMENT, self.segments),
                (Field.CURRENCY, [each.upper() for each in self.currencies]),
                (Field.JURISDICTION, [each.upper() for each in self.jurisdictions]),
            )
            if values
        ]
        parts += [*_range(Field.DPD, self.dpd), *_range(Field.BALANCE, self.balance)]
        if self.where.strip():
            parts.append(read_condition(self.where))
        condition = parts[0] if len(parts) == 1 else AllOf(parts=tuple(parts))
        refuse_mixed_amounts(condition)
        return Selection(condition=condition, ids=read_ids(self.ids) if self.ids is not None else None)


def _range(field: Field, text: str) -> list[Condition]:
    """`30-60`, `30-`, `-60` or `30`; both ends are meant as well."""
    if not text.strip():
        return []
    read = _RANGE.fullmatch(text.strip())
    low, dash, high = read.group("low", "dash", "high") if read else (None, None, None)
    if (low, high) == (None, None) or (low is not None and high is not None and dash is None):
        raise InvalidInput(f"--{field.value} {text!r} is no range: write 30-60, 30-, -60 or 30")
    if low is not None and high is not None and Decimal(low) > Decimal(high):
        raise InvalidInput(f"--{field.value} {text!r} goes backwards: the smaller number stands first")
    if dash is None:
        return [Number(field=field, op=Op.EQ, value=Decimal(low or "0"))]
    ends = ((Op.GE, low), (Op.LE, high))
    return [Number(field=field, op=op, value=Decimal(end)) for op, end in ends if end is not None]
