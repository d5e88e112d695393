"""The closed family of what can be wrong; each sentence says what happened, to which id, and what to do."""

from datetime import datetime


class AmicableError(Exception):
    """Something is wrong and a person can act on the sentence."""


class InvalidInput(AmicableError):
    """A value from outside cannot be taken; the sentence names the field and what would do."""

    def __init__(self, sentence: str = "", *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field
        """The field by itself, for an answer that names it apart; empty where only the sentence does."""


class NotKnown(AmicableError):
    """An id that nobody knows."""


class IllegalTransition(AmicableError):
    """A request the case cannot take in its present state; the case is untouched."""


class ConfigurationError(AmicableError):
    """Settings or a rule file are wrong; the sentence names file, key and reason."""


class MessageRefused(AmicableError):
    """A finished message breaks a rule of content and is not sent; the sentence names the rule, never the text."""


class StepRefused(AmicableError):
    """A step to the outside world that may not be taken now; nothing was done."""

    def __init__(self, sentence: str = "", *, until: datetime | None = None) -> None:
        super().__init__(sentence)
        self.until = until
        """When it may be tried again; None: a human must settle it first."""
