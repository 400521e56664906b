#!/usr/bin/env -S python3 -u
"""No plaintext, no stranger and no way around: Istio, SPIRE, WireGuard, Kubernetes and what reaches them.

`--policy-pack policy-packs/zero-trust`; an engine whose Python host runs no packs takes this file itself.
"""

from meshfed.rules.crossguard import serve
from meshfed.rules.rule import Pack

serve(Pack.ZERO_TRUST)
