"""The local target: Pulumi's own engine deploys the same programs against stand-ins for the cloud plugins."""
