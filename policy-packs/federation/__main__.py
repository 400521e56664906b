#!/usr/bin/env -S python3 -u
"""The regions together: trust domains, imports and exports, lifetimes, tunnels, promises about latency.

`--policy-pack policy-packs/federation`; an engine whose Python host runs no packs takes this file itself.
"""

from meshfed.rules.crossguard import serve
from meshfed.rules.rule import Pack

serve(Pack.FEDERATION)
