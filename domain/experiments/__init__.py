"""Champion and challenger: who is in which arm of a campaign, and what can be said about the difference afterwards.

Lives here: assignment, intervals and tests of proportions and means, sample sizes, the comparison of arms.
May import: the standard library and `domain`. Nothing here reads a clock, throws dice or asks a database.
"""
