"""What clients report about their own learner."""
