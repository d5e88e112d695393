"""Kinds of rules about who may be spoken to; facts are written as under `when` of a condition."""

from pydantic import Field

from config.law.conditions import Facts, facts
from config.law.rule_file import Media, RuleFile, RuleId, WordSet
from domain.compliance.people import LocationInformation, PermittedRecipients
from domain.compliance.vocabulary import Purpose, Recipient


class PermittedRecipientsRule(RuleFile):
    """Who may be spoken to."""

    permitted: frozenset[Recipient]
    others: frozenset[Recipient] = frozenset()
    other_purposes: frozenset[Purpose] = frozenset()
    other_if_any: Facts = Field(default_factory=dict)
    other_if_all: Facts = Field(default_factory=dict)
    disclosure_rule: RuleId | None = None

    TERMS = PermittedRecipients

    def terms(self) -> PermittedRecipients:
        """The rule's terms."""
        return PermittedRecipients(
            permitted=self.permitted,
            others=self.others,
            other_purposes=self.other_purposes,
            other_if_any=facts(self.other_if_any),
            other_if_all=facts(self.other_if_all),
            disclosure_rule=self.disclosure_rule or "",
        )


class LocationInformationRule(RuleFile):
    """What a third party may be asked."""

    forbidden_words: WordSet = frozenset()
    required_words: WordSet = frozenset()
    forbidden_media: Media = frozenset()

    TERMS = LocationInformation


KINDS: dict[str, type[RuleFile]] = {
    "permitted_recipients": PermittedRecipientsRule,
    "location_information": LocationInformationRule,
}
