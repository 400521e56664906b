"""Stand-ins for the cloud plugins of Pulumi's engine: strict about inputs, with a memory, no network.

`world` remembers what exists, `faults` and `resource` are what rules speak, `server` is the plugin itself.
"""
