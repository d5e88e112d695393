"""What the commands of `starter.py` do: read or change something, and show it as a table or as JSON.

Lives here: one module per noun of the command line, its output, and its way to database and server.
May import: everything inward (activities, workflows, casedb, config, domain); nobody imports it but `starter`.
"""
