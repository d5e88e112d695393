"""The core: pure rules about overdue accounts, money, time and law.

Lives here: values, facts, the case and its transitions, the ladder, the compliance gate.
May import: the standard library only. No I/O, no clock, no async, no temporalio, no pydantic.
"""
