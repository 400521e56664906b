"""A release of the agent: the objects in a region's own store that tell a gateway what to run. No file is read here."""

import json
from dataclasses import dataclass

RELEASE_OBJECT = "agent/release.json"
"""Key of the release document in a region's own store."""
RELEASE_FORMAT = "meshfed/release/v1"


@dataclass(frozen=True, slots=True)
class AgentRelease:
    """One build of the agent's zipapp."""

    version: str
    sha256: str
    """Digest of the file, in hex; a gateway runs nothing else."""
    path: str
    """The file on the deployer's machine."""

    @property
    def object(self) -> str:
        """Key of the zipapp in a region's own store."""
        return f"agent/meshfed-agent-{self.version}.pyz"

    def document(self) -> str:
        """The release document, as JSON text."""
        content = {
            "format": RELEASE_FORMAT,
            "version": self.version,
            "object": self.object,
            "sha256": self.sha256,
        }
        return json.dumps(content, indent=1) + "\n"
