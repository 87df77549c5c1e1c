"""The demo campus: made up by a seeded generator, and marked so wherever it is shown."""
