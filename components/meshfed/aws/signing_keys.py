"""The region's two signing keys: one for peer documents, one for trust bundles."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.arns import iam_arn
from meshfed.aws.data_key import DELETION_DAYS
from meshfed.aws.policies import document, key_administrators, statement

SIGNING_ALGORITHM = "ECDSA_SHA_256"
"""The one kind of signature of the federation: ECDSA over P-256 with SHA-256."""


class AwsSigningKeysArgs(TypedDict):
    """What the two signing keys need."""

    location: str
    """The AWS location."""
    account: str
    """Account that owns the keys."""
    peer_alias: str
    """Alias of the key for peer documents, without `alias/`."""
    bundle_alias: str
    """Alias of the key for trust bundles, without `alias/`."""
    gateway_role_arn: pulumi.Input[str]
    """Role of the tunnel gateways, which alone signs peer documents."""
    tags: dict[str, str]
    """Tags."""


class AwsSigningKeys(pulumi.ComponentResource):
    """Two P-256 keys that never leave KMS. The bundle key has no signer until the publisher's role is made."""

    peer_key_arn: pulumi.Output[str]
    """ARN of the key for peer documents."""
    bundle_key_arn: pulumi.Output[str]
    """ARN of the key for trust bundles."""
    peer_key: pulumi.Output[str]
    """Public key (PEM) of peer documents."""
    bundle_key: pulumi.Output[str]
    """Public key (PEM) of trust bundles."""

    def __init__(self, name: str, args: AwsSigningKeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsSigningKeys", name, {}, opts)
        args = read(AwsSigningKeysArgs, args)
        root = iam_arn(args["location"], args["account"], "root")
        read_public = statement("Allow", "ReadPublicKey", ["kms:GetPublicKey"], ["*"], {"principal": {"AWS": root}})
        sign = statement(
            "Allow",
            "SignPeerDocuments",
            ["kms:Sign"],
            ["*"],
            {
                "principal": {"AWS": args["gateway_role_arn"]},
                "condition": {"StringEquals": {"kms:SigningAlgorithm": SIGNING_ALGORITHM}},
            },
        )
        # A gateway finds out by it at once whether it signs with the key that peers have pinned.
        compare = statement(
            "Allow", "ReadOwnPublicKey", ["kms:GetPublicKey"], ["*"], {"principal": {"AWS": args["gateway_role_arn"]}}
        )
        peer = self._key(name, "peer", args, document(key_administrators(root), read_public, sign, compare))
        bundle = self._key(name, "bundle", args, document(key_administrators(root), read_public))
        self.peer_key_arn, self.peer_key = peer.arn, self._public(peer, args["location"])
        self.bundle_key_arn, self.bundle_key = bundle.arn, self._public(bundle, args["location"])
        self.register_outputs({"peer_key": self.peer_key, "bundle_key": self.bundle_key})

    def _key(self, name: str, use: str, args: AwsSigningKeysArgs, policy: pulumi.Output[str]) -> aws.kms.Key:
        key = aws.kms.Key(
            f"{name}-{use}",
            description=f"Signs {use} documents",
            key_usage="SIGN_VERIFY",
            customer_master_key_spec="ECC_NIST_P256",
            # KMS cannot rotate an asymmetric key; another one is pinned anew.
            enable_key_rotation=False,
            deletion_window_in_days=DELETION_DAYS,
            policy=policy,
            region=args["location"],
            tags=args["tags"],
            opts=child(self),
        )
        alias = args["peer_alias"] if use == "peer" else args["bundle_alias"]
        aws.kms.Alias(
            f"{name}-{use}",
            name=f"alias/{alias}",
            target_key_id=key.key_id,
            region=args["location"],
            opts=child(self),
        )
        return key

    def _public(self, key: aws.kms.Key, location: str) -> pulumi.Output[str]:
        found = aws.kms.get_public_key_output(
            key_id=key.arn, region=location, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return found.public_key_pem
