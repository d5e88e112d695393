"""The conditions of a strategy as they stand in its file; their meaning is `domain.score.Condition`."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from config.fields import PositiveDays, RuleModel
from domain.score import Condition, Measure

Bound = Annotated[int, Field(strict=True, ge=1, le=100)]


class ThenFile(RuleModel):
    """What a condition makes softer."""

    offer_after_days: PositiveDays | None = None
    gap_days_times: Annotated[int, Field(strict=True, ge=2, le=4)] | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.offer_after_days is None and self.gap_days_times is None:
            raise ValueError("needs offer_after_days, gap_days_times or both")
        return self


class ConditionFile(RuleModel):
    """One condition."""

    when: Annotated[dict[Measure, Bound], Field(min_length=1, alias="if")]
    then: ThenFile

    def condition(self) -> Condition:
        """The condition as the core knows it."""
        return Condition(
            when=self.when,
            offer_after_days=self.then.offer_after_days,
            gap_days_times=self.then.gap_days_times or 1,
        )
