"""The gate: may this contact be made at this instant, and if not, when and why.

Lives here: the profile of a jurisdiction as plain values, the rules, the verdict.
May import: `domain` and the standard library. Law arrives as data (config/jurisdictions), never as code.
"""
