"""Fixtures that every test may ask for."""

import os

from hypothesis import settings

from config.garbage import collect_seldom
from tests.support.scratch import throw_away_in_memory

collect_seldom()
throw_away_in_memory()
# A slow moment of the machine is no fault of the code: the time limit of each test bounds it, not one of each example.
# What CI asks is the same each time; looking for new examples is what every other run does.
settings.register_profile("edges", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("edges")

pytest_plugins = ["tests.casedb.databases"]
