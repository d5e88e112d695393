"""A rehearsal: the real workflows, worker and adapters against the sandbox on virtual clocks.

Lives here: the processes of the demo, the conductor that advances clocks, the live view and summary.
May import: everything below starter. Nothing imports it but starter and tests.
"""
