"""The schema's history. `migrate` brings a database to its head, as the owner."""
