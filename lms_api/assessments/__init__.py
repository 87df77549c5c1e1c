"""Assessments, their questions, attempts and grades."""
