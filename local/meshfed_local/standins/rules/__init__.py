"""Rules by cloud: `RULES[token]` in each file; see `resource.Rule`."""
