"""The one place that names a version of what is deployed; a test fails when a second place does."""

ISTIO = "1.31.1"
SPIRE = "1.15.3"
SPIRE_CHART = "0.30.1"
SPIRE_CRDS_CHART = "0.6.1"
KUBERNETES = "1.36"
KUBERNETES_KNOWN = ("1.33", "1.34", "1.35", KUBERNETES)
"""Minor versions that a region's cluster may have; the clouds support these at the same time."""
GATEWAY_DEBIAN = "13"
