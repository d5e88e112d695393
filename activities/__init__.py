"""Everything that touches the world on behalf of a case.

Lives here: opening, planning and closing a case, the governed contact, one file per channel.
May import: `casedb`, `config`, `domain`, `workflows` (messages only). Nothing imports it but worker, starter and tests.
"""
