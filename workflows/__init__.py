"""Durable shells: they wait, call activities by name, and apply what comes back.

Lives here: one workflow per file and the messages it exchanges.
May import: `domain` (passed through the sandbox) and temporalio; never the world (activities, casedb, config).
"""
