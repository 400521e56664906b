"""Rules about SPIRE: servers, agents, registrations and federation."""
