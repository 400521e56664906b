"""What the Kubernetes stand-in knows beyond the SDK's types: kinds, names, pods, custom resources, charts."""
