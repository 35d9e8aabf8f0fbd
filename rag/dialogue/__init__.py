"""Rewriting of follow-up questions to ones that stand alone."""
