#!/usr/bin/env -S python3 -u
"""What a region in AWS, Azure or Google Cloud needs so that the mesh stands on firm ground.

`--policy-pack policy-packs/cloud-baseline`; an engine whose Python host runs no packs takes this file itself.
"""

from meshfed.rules.crossguard import serve
from meshfed.rules.rule import Pack

serve(Pack.CLOUD_BASELINE)
