"""How often Python looks for garbage in cycles: seldom, because a process of ours is mostly code and rules that stay.

Measured: with Python's own thresholds a fifth of a worker's start and an eighth of a test run went into looking
again at what never becomes garbage. Ordinary objects are freed at once, as ever.
"""

import gc

_THRESHOLDS = (50_000, 20, 100)


def collect_seldom() -> None:
    """For the whole process; to be called before most of it is imported."""
    gc.set_threshold(*_THRESHOLDS)
