"""Where Pulumi's names differ from the provider's in a way that no rule tells. Every entry says why.

The rules are in `names`: camelCase against snake_case, plural against singular, module and type in a token.
"""

from collections.abc import Mapping
from typing import Final

TYPES: Final[Mapping[str, str]] = {
    # Module names that the provider says in the singular or not at all.
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",  # v2 of aws_s3_bucket_object, under a new name
    "aws:s3/bucketObject:BucketObject": "aws_s3_bucket_object",
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",  # the provider names the balancer by its service alone
    "gcp:serviceaccount/account:Account": "google_service_account",
    "gcp:serviceaccount/iAMMember:IAMMember": "google_service_account_iam_member",
    "gcp:serviceaccount/iAMBinding:IAMBinding": "google_service_account_iam_binding",
    "gcp:projects/iAMMember:IAMMember": "google_project_iam_member",
    "gcp:projects/iAMBinding:IAMBinding": "google_project_iam_binding",
    "gcp:projects/iAMCustomRole:IAMCustomRole": "google_project_iam_custom_role",
    "gcp:projects/iAMAuditConfig:IAMAuditConfig": "google_project_iam_audit_config",
    "gcp:projects/service:Service": "google_project_service",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": "google_kms_crypto_key_iam_member",
    "gcp:kms/keyRingIAMMember:KeyRingIAMMember": "google_kms_key_ring_iam_member",
}
"""Pulumi type token -> provider type."""

PROPERTIES: Final[Mapping[str, Mapping[str, str]]] = {}
"""Provider type -> Pulumi path without positions (`nodeConfig.kubeletConfig`) -> provider's name at that place."""

PULUMI_ONLY: Final[Mapping[str, str]] = {
    "__defaults": "the engine's note of which inputs it filled in itself",
}
"""Keys of an export's inputs that belong to the engine and reach no provider -> why."""

EXPLAINED: Final[Mapping[tuple[str, str], str]] = {}
"""(Provider type, start of a diagnostic's text) -> why it is no fault. A diagnostic that is not here fails."""
