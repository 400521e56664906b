"""Real provider code as the judge of what we ask of AWS and Google.

Pulumi's aws and gcp plugins are bridges over Terraform providers. `python -m meshfed_local.verify` puts the
inputs of deployed stacks through the validation of those very providers, and asks them what a change would
replace. Nothing here talks to a cloud; Azure has no such judge.
"""
