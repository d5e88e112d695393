"""What a borrower may be granted: promises, instalment plans, deferral, waiver, settlement; how each is judged.

Lives here: pure rules about agreements. May import: `domain` and the standard library.
"""
