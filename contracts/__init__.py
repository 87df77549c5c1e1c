"""Words: what may be said between the parts of the platform. Pure pydantic; imports nothing of ours."""
