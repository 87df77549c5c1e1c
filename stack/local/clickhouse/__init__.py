"""The real ClickHouse engine in one process of ours that speaks ClickHouse's HTTP interface.

Clients, dbt and Feast talk to it unmodified; production puts a server's URL in its place.
"""
