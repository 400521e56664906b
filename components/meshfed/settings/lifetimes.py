"""How long identities live, and which outage of their issuer they must outlast."""

from pydantic import Field

from meshfed.settings.model import Settings


class Lifetimes(Settings):
    """Lifetimes of identities and the declared outage of a region's SPIRE servers."""

    workload_svid_seconds: int = Field(default=3600, ge=300, le=86_400)
    """Lifetime of a workload's certificate, in seconds."""
    edge_svid_seconds: int = Field(default=172_800, ge=3600, le=604_800)
    """Lifetime of an edge machine's certificate, in seconds."""
    server_outage_seconds: int = Field(default=1500, ge=0, le=86_400)
    """For how long all SPIRE servers of a region may be away before an identity in use expires, in seconds."""
