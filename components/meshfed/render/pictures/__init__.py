"""Pictures of a plan as SVG text: the topology and the latency between regions."""
