"""Rules about Istio's own objects, its installation and what opts pods out of it."""
