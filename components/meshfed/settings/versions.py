"""The one place that names a version of what is deployed; a test fails when a second place does."""

ISTIO = "1.31.1"
SPIRE = "1.15.3"
SPIRE_CHART = "0.30.1"
SPIRE_CRDS_CHART = "0.6.1"
KUBERNETES = "1.36"
GATEWAY_DEBIAN = "13"
