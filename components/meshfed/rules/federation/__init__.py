"""Rules about the whole federation: its plan, and what several stacks must agree on."""
