"""Every kind of rule that a file may use, by the word after `kind:`; a family of kinds adds its line here."""

from collections.abc import Mapping

from config.law import clocks, conditions, content, frequency, holds, optout, people, timing
from config.law.rule_file import RuleFile

KINDS: Mapping[str, type[RuleFile]] = {
    **timing.KINDS,
    **frequency.KINDS,
    **optout.KINDS,
    **holds.KINDS,
    **people.KINDS,
    **conditions.KINDS,
    **content.KINDS,
    **clocks.KINDS,
}
