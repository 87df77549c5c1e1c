"""Answers: risk and recommendations over HTTP, by the version that the registry's pointer names."""
