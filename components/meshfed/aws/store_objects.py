"""What a region's own store holds: the gateways' documents and the agent's release."""

import re
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.render.gateway_document import gateway_object
from meshfed.values import GatewayName


class AwsAgentReleaseArgs(TypedDict):
    """One build of the agent."""

    object: str
    """Key of the program in the store."""
    sha256: str
    """Digest of the program, in hex."""
    path: str
    """The program on the deployer's machine."""
    document: str
    """The release document that names it."""
    document_object: str
    """Key of the release document."""


class AwsGatewayDocumentArgs(TypedDict):
    """What one gateway is told."""

    gateway: GatewayName
    """Which one."""
    text: str
    """The gateway document, as JSON text."""
    router_placeholder: str
    """Address that stands in the document for that of the route server's endpoint."""
    router_address: pulumi.Input[str]
    """Address of the route server's endpoint, which only AWS knows."""


class AwsStoreObjectsArgs(TypedDict):
    """What the objects of a region's own store need."""

    location: str
    """The AWS location."""
    bucket: pulumi.Input[str]
    """Name of the bucket, known once only the deployer can write it."""
    release: AwsAgentReleaseArgs
    """The agent's release."""
    documents: list[AwsGatewayDocumentArgs]
    """One a gateway."""
    tags: dict[str, str]
    """Tags; S3 takes ten for an object."""


class AwsStoreObjects(pulumi.ComponentResource):
    """The gateways' documents and the agent's release. A change of them replaces no gateway."""

    bucket: pulumi.Output[str]
    """Name of the bucket, known once all objects are in it."""

    def __init__(self, name: str, args: AwsStoreObjectsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsStoreObjects", name, {}, opts)
        args = read(AwsStoreObjectsArgs, args)
        release = args["release"]
        program = aws.s3.BucketObjectv2(
            f"{name}-agent",
            bucket=args["bucket"],
            key=release["object"],
            source=pulumi.FileAsset(release["path"]),
            source_hash=release["sha256"],
            content_type="application/zip",
            region=args["location"],
            tags=args["tags"],
            opts=child(self),
        )
        # After the program, so that no gateway is told of a release that is not there.
        texts = [self._text(f"{name}-release", args, (release["document_object"], release["document"]), program)]
        texts += [
            self._text(
                f"{name}-{document['gateway'].value}",
                args,
                (gateway_object(document["gateway"]), _with_router(document)),
            )
            for document in args["documents"]
        ]
        self.bucket = pulumi.Output.all(*[text.bucket for text in texts]).apply(_first)
        self.register_outputs({"bucket": self.bucket})

    def _text(
        self,
        name: str,
        args: AwsStoreObjectsArgs,
        entry: tuple[str, pulumi.Input[str]],
        after: pulumi.Resource | None = None,
    ) -> aws.s3.BucketObjectv2:
        key, text = entry
        return aws.s3.BucketObjectv2(
            name,
            bucket=args["bucket"],
            key=key,
            content=text,
            content_type="application/json",
            region=args["location"],
            tags=args["tags"],
            opts=child(self, after=after),
        )


def _with_router(document: AwsGatewayDocumentArgs) -> pulumi.Output[str]:
    return pulumi.Output.from_input(document["router_address"]).apply(
        lambda address: with_address(document["text"], document["router_placeholder"], address)
    )


def with_address(text: str, placeholder: str, address: str) -> str:
    """A text in which one address takes the place of another.

    >>> with_address("10.0.0.3; 10.0.0.30; 110.0.0.3", "10.0.0.3", "10.0.0.9")
    '10.0.0.9; 10.0.0.30; 110.0.0.3'
    """
    return re.sub(rf"(?<![\d.]){re.escape(placeholder)}(?!\d|\.\d)", address, text)


def _first(buckets: list[str]) -> str:
    return buckets[0]
