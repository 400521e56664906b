"""The key that encrypts what a region keeps: Kubernetes objects, node disks and the region's own store."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read

ROTATION = "7776000s"
"""90 days: what the CIS benchmark for Google Cloud asks for."""
USER_ROLE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"


class GcpEncryptionKeyArgs(TypedDict):
    """What the key needs."""

    project: str
    """Project of the key."""
    location: str
    """Google Cloud region that holds it."""
    cluster_project: str
    """Project whose Kubernetes Engine and Compute Engine encrypt with it."""
    store_project: str
    """Project whose Cloud Storage encrypts with it."""
    labels: Mapping[str, str]
    """Labels of the key."""


class GcpEncryptionKey(pulumi.ComponentResource):
    """A key that only Google's own agents use; each output is known once its agent may use the key."""

    cluster_key: pulumi.Output[str]
    """The key's id, once Kubernetes Engine may use it."""
    disk_key: pulumi.Output[str]
    """The key's id, once Compute Engine may use it."""
    store_key: pulumi.Output[str]
    """The key's id, once Cloud Storage may use it."""

    def __init__(self, name: str, args: GcpEncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpEncryptionKey", name, {}, opts)
        args = read(GcpEncryptionKeyArgs, args)
        ring = gcp.kms.KeyRing(f"{name}-ring", project=args["project"], location=args["location"], opts=child(self))
        key = gcp.kms.CryptoKey(
            f"{name}-key",
            key_ring=ring.id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=ROTATION,
            version_template=gcp.kms.CryptoKeyVersionTemplateArgs(
                algorithm="GOOGLE_SYMMETRIC_ENCRYPTION", protection_level="HSM"
            ),
            labels=args["labels"],
            opts=child(self),
        )
        lookup = pulumi.InvokeOutputOptions(parent=self)
        number = gcp.organizations.get_project_output(project_id=args["cluster_project"], opts=lookup).number
        storage = gcp.storage.get_project_service_account_output(project=args["store_project"], opts=lookup)
        agents = {
            "cluster": pulumi.Output.format(
                "serviceAccount:service-{0}@container-engine-robot.iam.gserviceaccount.com", number
            ),
            "disk": pulumi.Output.format("serviceAccount:service-{0}@compute-system.iam.gserviceaccount.com", number),
            "store": storage.member,
        }
        # The key's id is read back from each grant, so that whoever encrypts waits for it.
        self.cluster_key, self.disk_key, self.store_key = (
            gcp.kms.CryptoKeyIAMMember(
                f"{name}-{user}", crypto_key_id=key.id, role=USER_ROLE, member=agent, opts=child(self)
            ).crypto_key_id
            for user, agent in agents.items()
        )
        self.register_outputs({"cluster_key": self.cluster_key, "disk_key": self.disk_key, "store_key": self.store_key})
