#!/usr/bin/env -S python3 -u
"""The three packs in one process, which starts once instead of three times; what two packs have is said once.

`--policy-pack policy-packs/all`; an engine whose Python host runs no packs takes this file itself.
"""

from meshfed.rules.crossguard import serve
from meshfed.rules.rule import Pack

serve(*Pack)
