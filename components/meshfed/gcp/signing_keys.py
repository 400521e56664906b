"""The two keys with which a region signs: peer documents and trust bundles. Their private parts stay in Cloud KMS."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read
from meshfed.errors import ArgsError

SIGNER_ROLES = ("roles/cloudkms.signer", "roles/cloudkms.publicKeyViewer")
"""Sign with the key, and read its public part."""
FIRST_VERSION = 1
"""A new key has one version; a later one is a new epoch's or a deliberate rotation's."""


class GcpSigningKeysArgs(TypedDict):
    """What the two keys need."""

    project: str
    """Project of the keys."""
    location: str
    """Google Cloud region that holds them."""
    labels: Mapping[str, str]
    """Labels of the keys."""
    peer_signer: pulumi.Input[str]
    """The one that signs peer documents, as a member of an IAM policy: the tunnel gateways' service account."""


class GcpSigningKeys(pulumi.ComponentResource):
    """A P-256 key for peer documents, which only the gateways use, and one for bundles, which nobody uses yet."""

    peer_key: pulumi.Output[str]
    """Public key of peer documents, PEM."""
    bundle_key: pulumi.Output[str]
    """Public key of trust bundles, PEM."""
    peer_version: pulumi.Output[str]
    """Resource name of the key version that signs peer documents."""
    bundle_version: pulumi.Output[str]
    """Resource name of the key version that signs trust bundles."""

    def __init__(self, name: str, args: GcpSigningKeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpSigningKeys", name, {}, opts)
        args = read(GcpSigningKeysArgs, args)
        # A ring is never deleted in Google Cloud: the engine's random suffix lets a region be built again.
        ring = gcp.kms.KeyRing(f"{name}-ring", project=args["project"], location=args["location"], opts=child(self))
        peer, bundle = (
            gcp.kms.CryptoKey(
                f"{name}-{role}",
                key_ring=ring.id,
                purpose="ASYMMETRIC_SIGN",
                version_template=gcp.kms.CryptoKeyVersionTemplateArgs(
                    algorithm="EC_SIGN_P256_SHA256", protection_level="HSM"
                ),
                labels=args["labels"],
                opts=child(self),
            )
            for role in ("peer", "bundle")
        )
        for role in SIGNER_ROLES:
            gcp.kms.CryptoKeyIAMMember(
                f"{name}-peer-{role.rsplit('.', 1)[1].lower()}",
                crypto_key_id=peer.id,
                role=role,
                member=args["peer_signer"],
                opts=child(self),
            )
        shown = [
            gcp.kms.get_kms_crypto_key_version_output(
                crypto_key=key.id, version=FIRST_VERSION, opts=pulumi.InvokeOutputOptions(parent=self)
            )
            for key in (peer, bundle)
        ]
        self.peer_key, self.bundle_key = (version.public_keys.apply(public_part) for version in shown)
        self.peer_version, self.bundle_version = (
            pulumi.Output.format("{0}/cryptoKeyVersions/{1}", key.id, FIRST_VERSION) for key in (peer, bundle)
        )
        self.register_outputs({"peer_key": self.peer_key, "bundle_key": self.bundle_key})


def public_part(keys: Sequence[gcp.kms.outputs.GetKMSCryptoKeyVersionPublicKeyResult]) -> str:
    """PEM of a key version's public part; raises ArgsError where Cloud KMS has not made it yet."""
    if not keys:
        raise ArgsError(
            "signing key: its first version has no public key yet; a version that is enabled is wanted. "
            "Cloud KMS makes it within a minute: run the same command again."
        )
    return keys[0].pem
