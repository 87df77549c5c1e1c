"""The LMS: a package by feature, each of routes, service, queries and tables. The only writer of its PostgreSQL."""
