"""EnvoyFilters that every mesh of ours carries: rendered as they stand here, and known to the gate by their hash."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class MeshFilter:
    """An EnvoyFilter in the root namespace."""

    name: str
    spec: Mapping[str, Any]
    reason: str


_TLS: Final = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"

NO_RESUMPTION: Final = MeshFilter(
    name="no-session-resumption",
    spec={
        "configPatches": [
            {
                "applyTo": "FILTER_CHAIN",
                "match": {
                    "context": "SIDECAR_INBOUND",
                    "listener": {"filterChain": {"transportProtocol": "tls"}},
                },
                "patch": {
                    "operation": "MERGE",
                    "value": {
                        "transport_socket": {
                            "name": "envoy.transport_sockets.tls",
                            "typed_config": {
                                "@type": f"type.googleapis.com/{_TLS}",
                                "disable_stateful_session_resumption": True,
                                "disable_stateless_session_resumption": True,
                            },
                        }
                    },
                },
            }
        ]
    },
    reason="A resumed TLS session outlives the certificate that opened it, so sidecars resume none.",
)
"""Sidecars' inbound listeners resume no TLS session. Merged into chains that end TLS alone: in one that passes TLS
through, the same patch would add a TLS socket."""

MESH_FILTERS: Final = (NO_RESUMPTION,)


def spec_sha256(spec: object) -> str:
    """The hash by which an object's `spec` is allowed: of its JSON with sorted names and no spaces.

    >>> spec_sha256({"b": 1, "a": []}) == spec_sha256({"a": [], "b": 1})
    True
    """
    return hashlib.sha256(json.dumps(spec, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
