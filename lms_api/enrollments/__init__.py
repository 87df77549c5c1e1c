"""Learners in courses: seats, progress, results."""
