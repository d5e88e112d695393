"""Tests mirror the tree; each name is a sentence that states a rule."""
