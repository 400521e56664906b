#!/usr/bin/env -S python3 -u
"""No plaintext, no stranger and no way around: Istio, SPIRE, WireGuard, Kubernetes and what reaches them.

`--policy-pack policy-packs/zero-trust`; an engine whose Python host runs no packs takes this file itself.
"""

import os
import sys

try:
    from meshfed.rules.crossguard import serve
    from meshfed.rules.rule import Pack
except ImportError as error:
    sys.exit(
        f"The policy pack zero-trust cannot start in {sys.executable}: {error}."
        " Install meshfed there (`pip install ./components`), or put a Python that has it first on PATH."
    )

serve(Pack.ZERO_TRUST, shell=os.environ.get("PWD", ""))
