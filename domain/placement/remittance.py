"""Whether what an agency hands over is what it took, less what it earned: line by line, against our own ledger."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.placement.agency import Remits
from domain.placement.commission import share_of
from domain.placement.files import amount_text

PAYMENT, REVERSAL = "PA", "PAR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A payment of the agency's, or its reversal, as our ledger has it."""

    payment_id: str
    payment_type: str
    file_number: int
    amount_minor: int
    """Always positive."""
    currency: str
    basis_points: int
    remitted_in: str = ""
    """The file that it was handed over by; empty for none."""

    @property
    def key(self) -> tuple[str, str]:
        """A reversal has the identifier of its payment."""
        return self.payment_id, self.payment_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A line of a remittance; amounts always positive, the type says the direction."""

    number: int
    payment_id: str
    payment_type: str
    file_number: int
    currency: str
    gross_minor: int
    commission_minor: int
    remitted_minor: int

    @property
    def key(self) -> tuple[str, str]:
        """A reversal has the identifier of its payment."""
        return self.payment_id, self.payment_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that does not fit."""

    number: int
    """The line; 0 for what has no line."""
    payment_id: str
    file_number: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What a remittance comes to."""

    agreed: tuple[Stated, ...]
    differences: tuple[Difference, ...]

    @property
    def due_minor(self) -> dict[str, int]:
        """What the agreed lines bring to the creditor, by currency."""
        return _sums(self.agreed, lambda line: line.remitted_minor)

    @property
    def commission_minor(self) -> dict[str, int]:
        """What they leave to the agency, by currency."""
        return _sums(self.agreed, lambda line: line.commission_minor)


def reconcile(
    stated: Sequence[Stated], taken: Mapping[tuple[str, str], Taken], remits: Remits, name: str
) -> Reconciled:
    """Compare a file with the ledger. `name` is the file's: a line that it handed over before is agreed again."""
    agreed: list[Stated] = []
    differences: list[Difference] = []
    seen: set[tuple[str, str]] = set()
    for line in stated:
        found = list(_line(line, taken.get(line.key), remits, name, again=line.key in seen))
        seen.add(line.key)
        differences += [
            Difference(number=line.number, payment_id=line.payment_id, file_number=line.file_number, says=says)
            for says in found
        ]
        if not found:
            agreed.append(line)
    return Reconciled(agreed=tuple(agreed), differences=tuple(differences))


def missing(stated: Sequence[Stated], due: Sequence[Taken]) -> tuple[Difference, ...]:
    """What the agency took and neither this file nor an earlier one hands over."""
    named = {line.key for line in stated}
    return tuple(
        Difference(
            number=0,
            payment_id=each.payment_id,
            file_number=each.file_number,
            says=f"the agency took {_words(each.amount_minor, each.currency)} and no remittance has it",
        )
        for each in due
        if each.key not in named and not each.remitted_in
    )


def _line(line: Stated, taken: Taken | None, remits: Remits, name: str, *, again: bool) -> Iterator[str]:
    if taken is None:
        yield "our ledger has no such payment of this agency"
        return
    if again:
        yield "stands in this file before"
        return
    if taken.remitted_in not in ("", name):
        yield f"was handed over by {taken.remitted_in} before"
        return
    if (taken.file_number, taken.currency) != (line.file_number, line.currency):
        yield f"our ledger has it on file number {taken.file_number} in {taken.currency}"
        return
    share = share_of(taken.amount_minor, taken.basis_points)
    remitted = share.gross_minor if remits is Remits.GROSS else share.net_minor
    for what, says, has in (
        ("gross", line.gross_minor, taken.amount_minor),
        ("commission", line.commission_minor, share.commission_minor),
        ("remitted", line.remitted_minor, remitted),
    ):
        if says != has:
            yield f"{what} is {_words(says, line.currency)} and should be {_words(has, line.currency)}"


def _words(amount_minor: int, currency: str) -> str:
    return f"{amount_text(amount_minor, currency)} {currency}"


def _sums(lines: Sequence[Stated], amount: Callable[[Stated], int]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in lines:
        signed = amount(line) if line.payment_type == PAYMENT else -amount(line)
        sums[line.currency] = sums.get(line.currency, 0) + signed
    return sums
