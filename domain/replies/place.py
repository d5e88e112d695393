"""In which order a person writes day and month, as far as his language and his law tell."""

_MONTH_FIRST = frozenset({"US", "CN", "TW", "HK", "JP", "CA"})


def writes_day_first(locale: str, jurisdiction: str) -> bool | None:
    """Whether 3/4 is the third of April; None when nobody can tell.

    The region of the language speaks before the jurisdiction (`en-GB` in the US writes as in Britain).
    """
    language, _, region = locale.replace("_", "-").partition("-")
    if language == "zh":
        return False
    where = region.upper() or jurisdiction.partition("-")[0].upper()
    return where not in _MONTH_FIRST if where else None
