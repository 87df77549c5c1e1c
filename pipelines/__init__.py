"""Motion: Dagster. Assets are thin; what they call knows no Dagster, and no SQL or learning is written here."""
