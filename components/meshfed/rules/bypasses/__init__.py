"""Rules about ways around the gate itself."""
