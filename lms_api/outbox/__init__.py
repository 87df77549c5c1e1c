"""The only way out of the LMS's database: record(session, event)."""
