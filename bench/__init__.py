"""The bench: what the design's budget costs, measured in one run against a bare workflow.

May import: everything below starter. Nothing imports it.
"""
