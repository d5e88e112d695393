"""The kinds of rules that a jurisdiction's file may use: each a set of keys, read into the terms of the core.

Lives here: the reading of one rule, and one module per family of kinds with its registry.
May import: `domain`, `config`, pydantic.
"""
