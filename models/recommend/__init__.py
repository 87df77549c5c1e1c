"""What to take or open next: courses for a person, lessons in an enrollment."""
