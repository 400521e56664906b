#!/usr/bin/env -S python3 -u
"""The three packs in one process, which starts once instead of three times; what two packs have is said once.

`--policy-pack policy-packs/all`; an engine whose Python host runs no packs takes this file itself.
"""

import os
import sys

try:
    from meshfed.rules.crossguard import serve
    from meshfed.rules.rule import Pack
except ImportError as error:
    sys.exit(
        f"The policy pack all cannot start in {sys.executable}: {error}."
        " Install meshfed there (`pip install ./components`), or put a Python that has it first on PATH."
    )

serve(*Pack, shell=os.environ.get("PWD", ""))
