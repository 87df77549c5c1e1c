"""Learn: what is fitted, judged, registered and scored. Knows no orchestrator and no web framework."""
