"""`meshfed gate`: the rules of the policy packs over what an engine saved, and over Kubernetes manifests."""
