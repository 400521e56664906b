"""Rules about Kubernetes objects that a mesh does not protect: pods, services, rights, admission."""
