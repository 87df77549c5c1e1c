"""The event log: its tables in PostgreSQL and ClickHouse, and the carry from one to the other."""
