"""Fixtures that every test may ask for."""

from config.garbage import collect_seldom

collect_seldom()

pytest_plugins = ["tests.casedb.databases"]
