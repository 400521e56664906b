"""The program of meshfed that runs on tunnel gateways and in clusters."""
