"""The only way back in: what the models said, and what people did about it."""
