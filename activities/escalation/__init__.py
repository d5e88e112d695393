"""Steps to the outside world after an approval: what each is, and how it is taken back.

Every module here that declares `KIND` and `create(settings)` is one kind of step; nothing else lists them.
May import the case database, the rules and the core; never the workflows, the console or another kind of step.
"""
