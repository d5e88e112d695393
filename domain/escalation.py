"""What a case may do to the outside world after the ladder, once people agreed to it."""

from enum import StrEnum


class OutsideKind(StrEnum):
    """A step that others see."""

    LETTER_BEFORE_ACTION = "letter_before_action"
    AGENCY_PLACEMENT = "agency_placement"
    BUREAU_FURNISHING = "bureau_furnishing"
    COURT_PACK = "court_pack"
    CHARGE_OFF = "charge_off"
    WRITE_OFF = "write_off"
