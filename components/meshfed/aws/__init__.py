"""Components that build one region in AWS. Loads the SDK of AWS; nothing of another cloud."""
