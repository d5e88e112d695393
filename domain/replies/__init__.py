"""What a person's own words mean: an intent, an amount, a date, and how sure the rules are.

Lives here: plain text in, a `Reading` out; the phrases themselves are data (`config/replies/*.yaml`).
May import: the rest of `domain` and the standard library. Nothing here stores, sends or logs a text.
"""
