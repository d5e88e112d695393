"""Placement with an agency: what is told in which form, how a placement lives and ends, and what the agency earns.

Lives here: records, the tables of the fixed-width and CSV files, trailers, life cycle, commission, remittance.
May import: the standard library and `domain`. Nothing here reads a file, a clock or a database.
"""
