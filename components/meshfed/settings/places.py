"""Where a project keeps its files, from its own folder, where nothing else is asked for."""

from pathlib import Path
from typing import Final

SETTINGS: Final = Path("stacks/config/federation.yaml")
FACTS: Final = Path("stacks/config/facts.yaml")
EXCEPTIONS: Final = Path("policy-packs/exceptions.yaml")
"""The gate's waivers and permanent exceptions."""
