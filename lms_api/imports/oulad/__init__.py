"""The Open University Learning Analytics Dataset, in the shape in which the university publishes it."""
