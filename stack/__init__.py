"""Places: where settings, clocks, stores and the event log live. Imports `contracts` only."""
