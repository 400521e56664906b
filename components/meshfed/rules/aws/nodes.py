"""Machines on EC2: the metadata service, remote access and public addresses."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import word
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

NODE_GROUP: Final = "aws:eks/nodeGroup:NodeGroup"
INSTANCE: Final = "aws:ec2/instance:Instance"
SPOT: Final = "aws:ec2/spotInstanceRequest:SpotInstanceRequest"
TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
NODE_CLASS: Final = "karpenter.k8s.aws/EC2NodeClass"
CONFIGURATION: Final = "aws:ec2/launchConfiguration:LaunchConfiguration"


def _metadata_needs_a_token(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    options = resource.props["metadataOptions"]
    if options.is_absent and not resource.props["launchTemplate"].is_absent:
        return
    tokens = options["httpTokens"]
    if _answers(options) and tokens.text().strip().lower() != "required":
        yield tokens.wrong("the metadata service answers without a token")


def _metadata_stays_on_the_machine(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    options = resource.props["metadataOptions"]
    if options.is_absent or not _answers(options):
        return
    hops = options["httpPutResponseHopLimit"]
    limit = hops.number()
    if limit is None:
        yield hops.wrong("no hop limit is written, and images may set one of 2, which lets pods take the node's role")
    elif limit > 1:
        yield hops.wrong("answers of the metadata service reach pods, which may take the node's role")


def _account_needs_a_token(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    tokens = resource.props["httpTokens"]
    if tokens.text().strip().lower() != "required":
        yield tokens.wrong("machines of the account that say nothing themselves answer without a token")


def _class_needs_a_token(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    # Karpenter asks for a token and allows one hop where nothing is written.
    options = resource.props["spec"]["metadataOptions"]
    if _answers(options) and word(options["httpTokens"].text("required")) != "required":
        yield options["httpTokens"].wrong("the metadata service of its nodes answers without a token")


def _class_keeps_metadata_on_the_machine(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    options = resource.props["spec"]["metadataOptions"]
    if _answers(options) and (options["httpPutResponseHopLimit"].number(1) or 0) > 1:
        yield options["httpPutResponseHopLimit"].wrong(
            "answers of the metadata service reach pods, which may take the node's role"
        )


def _class_has_no_public_address(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    public = resource.props["spec"]["associatePublicIPAddress"]
    if public.flag():
        yield public.wrong("its nodes get public addresses")


def _answers(options: Node) -> bool:
    return options["httpEndpoint"].text("enabled").strip().lower() != "disabled"


def _has_no_public_address(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    public = resource.props["associatePublicIpAddress"]
    if public.flag():
        yield public.wrong("the machine gets a public address")


def _interfaces_have_no_public_address(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props["networkInterfaces"].items(), _is_private)


def _is_private(interface: Node) -> Iterator[Finding]:
    public = interface["associatePublicIpAddress"]
    if public.flag():
        yield public.wrong("every machine of the template gets a public address")


def _has_no_remote_access(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    access = resource.props["remoteAccess"]
    if not access.is_absent:
        yield access.wrong("nodes take SSH; without a source group, from the whole internet")


def _has_a_template(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    template = resource.props["launchTemplate"]
    if template.is_absent:
        yield template.wrong("no launch template, so nothing says that the metadata service needs a token")


def _says_nothing_itself(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    specifications = resource.props["launchSpecifications"]
    if not specifications.is_absent:
        yield specifications.wrong("a specification cannot say that the metadata service needs a token")


_DEFAULTS: Final = "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults"
_METADATA: Final = (_metadata_needs_a_token, _metadata_stays_on_the_machine)

RULES: Final = (
    Rule(
        id="MF-A5",
        title="No machine gives its role away, takes SSH or has a public address of its own",
        why="Whoever makes a program on the machine fetch an address reads the credentials of the machine's role; with"
        " a hop limit above 1 every pod does.",
        mend="Write metadataOptions: {httpTokens: required, httpPutResponseHopLimit: 1} on the machine or its launch"
        " template, give node groups and fleets a launch template, and take remoteAccess and public addresses out.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            NODE_GROUP: (_has_no_remote_access, _has_a_template),
            INSTANCE: (*_METADATA, _has_no_public_address),
            SPOT: (*_METADATA, _has_no_public_address),
            CONFIGURATION: (*_METADATA, _has_no_public_address),
            _DEFAULTS: (_account_needs_a_token,),
            TEMPLATE: (*_METADATA, _interfaces_have_no_public_address),
            NODE_CLASS: (_class_needs_a_token, _class_keeps_metadata_on_the_machine, _class_has_no_public_address),
            "aws:ec2/spotFleetRequest:SpotFleetRequest": (_says_nothing_itself,),
        },
        controls=("CIS EKS 5.4.3", "CIS AWS Foundations 5.7", "NIST SP 800-53 AC-6", "NIST SP 800-53 SC-7"),
        weaker="A launch template that another stack made is judged there; a machine of Lightsail is not read."
        " Of Karpenter's classes the role and the images are not judged.",
    ),
)
