"""Answers to look-ups by cloud: `INVOKES[token]` in each file; see `cloud.Invoke`."""
