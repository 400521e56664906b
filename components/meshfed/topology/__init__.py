"""The plan of a federation, computed from settings and facts alone. Pure: no cloud, no engine, no file."""
