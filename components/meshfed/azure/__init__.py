"""Components that build one region in Azure. Loads the SDK of Azure; nothing of another cloud."""
