#!/usr/bin/env -S python3 -u
"""What a region in AWS, Azure or Google Cloud needs so that the mesh stands on firm ground.

`--policy-pack policy-packs/cloud-baseline`; an engine whose Python host runs no packs takes this file itself.
"""

import os
import sys

try:
    from meshfed.rules.crossguard import serve
    from meshfed.rules.rule import Pack
except ImportError as error:
    sys.exit(
        f"The policy pack cloud-baseline cannot start in {sys.executable}: {error}."
        " Install meshfed there (`pip install ./components`), or put a Python that has it first on PATH."
    )

serve(Pack.CLOUD_BASELINE, shell=os.environ.get("PWD", ""))
