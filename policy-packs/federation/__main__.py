#!/usr/bin/env -S python3 -u
"""The regions together: trust domains, imports and exports, lifetimes, tunnels, promises about latency.

`--policy-pack policy-packs/federation`; an engine whose Python host runs no packs takes this file itself.
"""

import os
import sys

try:
    from meshfed.rules.crossguard import serve
    from meshfed.rules.rule import Pack
except ImportError as error:
    sys.exit(
        f"The policy pack federation cannot start in {sys.executable}: {error}."
        " Install meshfed there (`pip install ./components`), or put a Python that has it first on PATH."
    )

serve(Pack.FEDERATION, shell=os.environ.get("PWD", ""))
