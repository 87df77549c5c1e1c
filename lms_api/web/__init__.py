"""The screens: pages over the same services as the API. No query is made here, and no page needs JavaScript."""
