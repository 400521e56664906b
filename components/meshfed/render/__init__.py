"""Plan slices as text or plain dicts: what hosts, meshes and people read. No engine, no cloud."""
