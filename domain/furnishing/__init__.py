"""Furnishing to the credit bureaus in Metro 2: what an account's status is, and the file that says so.

Lives here: the tables of header, base segment, K1 and trailer, status and dispute codes, checks field by field.
May import: the standard library and `domain`. Nothing here reads a file, a clock or a database.
"""
