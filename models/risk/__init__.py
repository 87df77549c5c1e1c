"""The chance that an enrollment ends in fail or withdrawal."""
