"""Papers for people of law: pages, bundles with their hashes, and the proof that nothing in a bundle was altered.

Lives here: fonts, the pages of a file of evidence and of a claim, archives whose every byte is settled, their check.
May import: `casedb`, `config`, `domain`, ReportLab. It sends nothing and writes no file.
"""
