"""The region's two tunnel gateways in two zones, replaced one at a time."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.arns import architecture
from meshfed.aws.gateway import AwsGateway, AwsGatewayArgs

DEBIAN_OWNER = "136693071363"
"""AWS account in which Debian publishes its images (wiki.debian.org/Cloud/AmazonEC2Image)."""
_AMI_ARCHITECTURE = {"amd64": "x86_64", "arm64": "arm64"}


class AwsGatewaySettingsArgs(TypedDict):
    """What the plan says of the pair of tunnel gateways."""

    location: str
    """The AWS location."""
    size: str
    """Machine size."""
    image_id: NotRequired[str]
    """Image that settings name; left out: Debian's current image when a gateway is first made."""
    debian: str
    """Debian release of the image that is looked up."""
    asn: int
    """ASN of the region."""
    private_addresses: list[str]
    """Fixed private addresses of a and b."""
    user_data: list[str]
    """Bootstraps of a and b."""
    tags: dict[str, str]
    """Tags."""


class AwsGatewayPairArgs(TypedDict):
    """What the pair of tunnel gateways needs."""

    settings: AwsGatewaySettingsArgs
    """What the plan says of it."""
    subnet_ids: list[pulumi.Input[str]]
    """Public subnets of a and b, in two zones."""
    security_group_ids: pulumi.Input[list[str]]
    """Security groups of their interfaces."""
    profile: pulumi.Input[str]
    """Instance profile, known once the gateways find everything that they need at first boot."""
    route_server_endpoint_ids: list[pulumi.Input[str]]
    """Route server endpoints in the subnets of a and b."""
    ready_document: pulumi.Input[str]
    """Name of the document that waits until a gateway's agent runs."""


class AwsGatewayPair(pulumi.ComponentResource):
    """Two tunnel gateways; b is replaced only after a works again."""

    addresses: pulumi.Output[list[str]]
    """Public addresses of a and b."""

    def __init__(self, name: str, args: AwsGatewayPairArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsGatewayPair", name, {}, opts)
        args = read(AwsGatewayPairArgs, args)
        image = args["settings"].get("image_id") or self._debian(args["settings"])
        first = AwsGateway(f"{name}-a", _gateway(args, 0, image), opts=child(self))
        second = AwsGateway(f"{name}-b", {**_gateway(args, 1, image), "stands_after": first.ready}, opts=child(self))
        self.addresses = pulumi.Output.all(first.public_address, second.public_address)
        self.register_outputs({"addresses": self.addresses})

    def _debian(self, settings: AwsGatewaySettingsArgs) -> pulumi.Output[str]:
        kind = architecture(settings["size"])
        return aws.ec2.get_ami_output(
            owners=[DEBIAN_OWNER],
            most_recent=True,
            filters=[
                {"name": "name", "values": [f"debian-{settings['debian']}-{kind}-*"]},
                {"name": "architecture", "values": [_AMI_ARCHITECTURE[kind]]},
                {"name": "virtualization-type", "values": ["hvm"]},
            ],
            region=settings["location"],
            opts=pulumi.InvokeOutputOptions(parent=self),
        ).id


def _gateway(args: AwsGatewayPairArgs, index: int, image: pulumi.Input[str]) -> AwsGatewayArgs:
    settings = args["settings"]
    return {
        "location": settings["location"],
        "subnet_id": args["subnet_ids"][index],
        "private_address": settings["private_addresses"][index],
        "security_group_ids": args["security_group_ids"],
        "size": settings["size"],
        "image_id": image,
        "keeps_image": "image_id" not in settings,
        "user_data": settings["user_data"][index],
        "profile": args["profile"],
        "route_server_endpoint_id": args["route_server_endpoint_ids"][index],
        "asn": settings["asn"],
        "ready_document": args["ready_document"],
        "tags": settings["tags"],
    }
