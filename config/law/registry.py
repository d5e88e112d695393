"""Every kind of rule that a file may use, by the word after `kind:`; a family of kinds adds its line here."""

from collections.abc import Mapping

from config.law import conditions, frequency, optout, timing
from config.law.rule_file import RuleFile

KINDS: Mapping[str, type[RuleFile]] = {
    **timing.KINDS,
    **frequency.KINDS,
    **optout.KINDS,
    **conditions.KINDS,
}
