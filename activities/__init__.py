"""Everything that touches the world on behalf of a case.

Lives here: opening, planning and closing a case, the governed contact, one file per channel, receipts in our words.
May import: `casedb`, `config`, `domain`, `workflows` (messages only). Only the shells, web and tests import it.
"""
