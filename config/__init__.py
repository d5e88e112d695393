"""Settings and the rules that are data: strategies, jurisdictions, templates, the Temporal connection.

Lives here: typed settings, validated loaders with errors that name file, line and key.
May import: `domain` and libraries. It holds no rule of its own.
"""
