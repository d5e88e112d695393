"""What the arms of a campaign came to, compared with the champion: by people, as they were assigned.

A person counts in the arm that he was assigned to, wherever his cases were moved since, and once however many accounts
he has; so nobody can choose his arm, and chance is reckoned of what is independent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.experiments.assignment import Arm
from domain.experiments.means import Amounts, mean_difference
from domain.experiments.proportions import Difference, Interval, Share, difference, holm, is_chance
from domain.experiments.sample_ratio import MISMATCH, mismatch_p
from domain.experiments.sample_size import least_visible, people_needed

PER_CONTACTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFigures:
    """One arm as it was counted."""

    arm: Arm
    people: int
    cases: int
    cured: int
    """People all of whose cases here ended with the debt gone."""
    undecided: int
    """People with a case that is still open."""
    moved: int
    """Cases that run under another strategy or version by now."""
    contacts: int
    messages: Mapping[str, int] = field(default_factory=dict)
    """What providers took, by channel: more than contacts, as there are answers, letters, and what did not arrive."""
    sms_parts: int | None = None
    """What the texts among them are billed as; None where that was not counted."""
    actions: int = 0
    """Billable actions of Temporal, about."""
    cost: Amounts | None = None
    """What each person cost, in millionths of the prices' currency; None without prices."""
    complained: int
    """People who complained while a case here was open."""
    opted_out: int
    """People who refused a channel then."""
    money: Mapping[str, Amounts] = field(default_factory=dict)
    """What each person paid while a case was open, in minor units, by currency."""

    @property
    def cure(self) -> Share:
        """The cure rate."""
        return Share(self.cured, self.people)

    @property
    def complaints(self) -> Share:
        """People who complained."""
        return Share(self.complained, self.people)

    @property
    def opt_outs(self) -> Share:
        """People who opted out."""
        return Share(self.opted_out, self.people)

    def per_contacts(self, people: Share) -> tuple[float, Interval] | None:
        """People to a thousand contacts, with Wilson's interval of the people; None without contacts."""
        if not self.contacts:
            return None
        scale = self.people / self.contacts * PER_CONTACTS
        return people.rate * scale, people.interval.times(scale)

    @property
    def contacts_per_cure(self) -> tuple[float, Interval] | None:
        """How many contacts a cure took, from the interval of the cure rate; None without a cure."""
        if not self.cured:
            return None
        each, rate = self.contacts / self.people, self.cure.interval
        return self.contacts / self.cured, Interval(each / rate.high, each / rate.low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A challenger against the champion."""

    arm: str
    cure: Difference
    cure_adjusted_p: float
    """Larger than the p-value where several challengers are compared (Holm)."""
    complaints: Difference
    opt_outs: Difference
    money: Mapping[str, Difference]
    """Per person, in minor units; only currencies with enough people in both arms."""
    cost: Difference | None
    """Per person, in millionths of the prices' currency; None without prices, and for few people."""
    people_needed: int
    """In each arm, to see a difference of `detect` at the champion's cure rate."""
    least_visible: float
    """The smallest difference of cure rates that the smaller arm shows."""
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that can be said."""

    arms: tuple[ArmFigures, ...]
    """The champion first."""
    comparisons: tuple[Comparison, ...]
    detect: float
    mismatch_p: float | None
    """Whether people came into the arms by the weights; None where it cannot be told."""

    @property
    def is_mismatched(self) -> bool:
        """Whether something lost people of one arm: then no difference is fair."""
        return self.mismatch_p is not None and self.mismatch_p < MISMATCH


def compare(arms: Sequence[ArmFigures], *, detect: float) -> Report:
    """The report; `detect` is the difference of cure rates that would matter, as 0.03."""
    champion, *challengers = arms
    weights = [each.arm.weight for each in arms]
    p = mismatch_p([each.people for each in arms], weights) if challengers else None
    cures = [difference(each.cure, champion.cure) for each in challengers]
    adjusted = holm([each.p for each in cures])
    return Report(
        arms=tuple(arms),
        comparisons=tuple(
            _compared(champion, each, cure, better, detect)
            for each, cure, better in zip(challengers, cures, adjusted, strict=True)
        ),
        detect=detect,
        mismatch_p=p,
    )


def _compared(champion: ArmFigures, other: ArmFigures, cure: Difference, p: float, detect: float) -> Comparison:
    needed = people_needed(champion.cure.rate, detect)
    people = min(champion.people, other.people)
    money = {
        currency: found
        for currency in sorted(champion.money.keys() & other.money.keys())
        if (found := mean_difference(other.money[currency], champion.money[currency])) is not None
    }
    return Comparison(
        arm=other.arm.name,
        cure=cure,
        cure_adjusted_p=p,
        complaints=difference(other.complaints, champion.complaints),
        opt_outs=difference(other.opt_outs, champion.opt_outs),
        money=money,
        cost=mean_difference(other.cost, champion.cost) if other.cost and champion.cost else None,
        people_needed=needed,
        least_visible=least_visible(champion.cure.rate, people),
        says=_says(champion, other, cure, p, detect=detect, needed=needed),
    )


def _says(champion: ArmFigures, other: ArmFigures, cure: Difference, p: float, *, detect: float, needed: int) -> str:
    people, points = min(champion.people, other.people), f"{abs(cure.by):.1%}".replace("%", " points")
    if not is_chance(p):
        word = "more" if cure.by > 0 else "fewer"
        return f"{other.arm.name} cures {word} people than {champion.arm.name}, by {points}; that is hardly chance"
    wanted = f"{detect:.1%}".replace("%", " points")
    if people < needed:
        base = f"at a cure rate of {champion.cure.rate:.1%}"
        return (
            f"too few people to tell {other.arm.name} from {champion.arm.name}: a difference of {wanted} {base} takes "
            f"{needed:,} in each arm, and the smaller has {people:,}"
        )
    return f"no difference between {other.arm.name} and {champion.arm.name} that {people:,} people in an arm would show"
