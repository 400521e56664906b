"""How AWS writes ids and ARNs: one line a type. Sources: the services' documented id and ARN formats."""

import re
from collections.abc import Mapping
from typing import Final

from meshfed_local.standins.making import Making
from meshfed_local.standins.specials.scope import aws_account, aws_region

PREFIXES: Final[Mapping[str, str]] = {
    "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": "eigw",
    "aws:ec2/eip:Eip": "eipalloc",
    "aws:ec2/eipAssociation:EipAssociation": "eipassoc",
    "aws:ec2/flowLog:FlowLog": "fl",
    "aws:ec2/instance:Instance": "i",
    "aws:ec2/internetGateway:InternetGateway": "igw",
    "aws:ec2/launchTemplate:LaunchTemplate": "lt",
    "aws:ec2/natGateway:NatGateway": "nat",
    "aws:ec2/networkAcl:NetworkAcl": "acl",
    "aws:ec2/networkInterface:NetworkInterface": "eni",
    "aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment": "eni-attach",
    "aws:ec2/routeTable:RouteTable": "rtb",
    "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation": "rtbassoc",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "rtbassoc",
    "aws:ec2/securityGroup:SecurityGroup": "sg",
    "aws:ec2/securityGroupRule:SecurityGroupRule": "sgrule",
    "aws:ec2/subnet:Subnet": "subnet",
    "aws:ec2/vpc:Vpc": "vpc",
    "aws:ec2/vpcDhcpOptions:VpcDhcpOptions": "dopt",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "vpce",
    "aws:ebs/volume:Volume": "vol",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": "a",
    "aws:vpc/routeServer:RouteServer": "rs",
    "aws:vpc/routeServerEndpoint:RouteServerEndpoint": "rse",
    "aws:vpc/routeServerPeer:RouteServerPeer": "rsp",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "sgr",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "sgr",
}
"""Types whose id is a prefix and 17 hexadecimal digits."""

IDS: Final[Mapping[str, str]] = {
    "aws:autoscaling/group:Group": "{name}",
    "aws:cloudtrail/trail:Trail": "{arn}",
    "aws:cloudwatch/logGroup:LogGroup": "{name}",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "{name}",
    "aws:cloudwatch/eventRule:EventRule": "{name}",
    "aws:cloudwatch/eventTarget:EventTarget": "{rule}-{hex10}",
    "aws:ec2/defaultRouteTable:DefaultRouteTable": "{defaultRouteTableId}",
    "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults": "{region}",
    "aws:ec2/placementGroup:PlacementGroup": "{name}",
    "aws:ec2/route:Route": "r-{routeTableId}{hex10}",
    "aws:ebs/encryptionByDefault:EncryptionByDefault": "{region}",
    "aws:eks/accessEntry:AccessEntry": "{clusterName}:{principalArn}",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": "{clusterName}#{principalArn}#{policyArn}",
    "aws:eks/addon:Addon": "{clusterName}:{addonName}",
    "aws:eks/cluster:Cluster": "{name}",
    "aws:eks/nodeGroup:NodeGroup": "{clusterName}:{nodeGroupName}",
    "aws:iam/instanceProfile:InstanceProfile": "{name}",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "{arn}",
    "aws:iam/policy:Policy": "{arn}",
    "aws:iam/role:Role": "{name}",
    "aws:iam/rolePolicy:RolePolicy": "{role}:{name}",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "{role}/{policyArn}",
    "aws:kms/alias:Alias": "{name}",
    "aws:kms/key:Key": "{uuid}",
    "aws:kms/keyPolicy:KeyPolicy": "{keyId}",
    "aws:lb/listener:Listener": "{arn}",
    "aws:lb/loadBalancer:LoadBalancer": "{arn}",
    "aws:lb/targetGroup:TargetGroup": "{arn}",
    "aws:ram/principalAssociation:PrincipalAssociation": "{resourceShareArn},{principal}",
    "aws:ram/resourceAssociation:ResourceAssociation": "{resourceShareArn},{resourceArn}",
    "aws:ram/resourceShare:ResourceShare": "{arn}",
    "aws:route53/zone:Zone": "{zone_id}",
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": "{account}",
    "aws:s3/bucket:Bucket": "{bucket}",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "{bucket}",
    "aws:s3/bucketLogging:BucketLogging": "{bucket}",
    "aws:s3/bucketNotification:BucketNotification": "{bucket}",
    "aws:s3/bucketObject:BucketObject": "{bucket}/{key}",
    "aws:s3/bucketObjectv2:BucketObjectv2": "{bucket}/{key}",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "{bucket}",
    "aws:s3/bucketPolicy:BucketPolicy": "{bucket}",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "{bucket}",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "{bucket}",
    "aws:s3/bucketVersioning:BucketVersioning": "{bucket}",
    "aws:secretsmanager/secret:Secret": "{arn}",
    "aws:sns/topic:Topic": "{arn}",
    "aws:sns/topicPolicy:TopicPolicy": "{arn}",
    "aws:sqs/queue:Queue": "https://sqs.{region}.amazonaws.com/{account}/{name}",
    "aws:ssm/document:Document": "{name}",
    "aws:ssm/parameter:Parameter": "{name}",
    "aws:vpc/routeServerPropagation:RouteServerPropagation": "{routeServerId},{routeTableId}",
    "aws:vpc/routeServerVpcAssociation:RouteServerVpcAssociation": "{routeServerId},{vpcId}",
}
"""Types whose id is written otherwise; what is in neither table gets 20 random digits."""

_DEFAULT_GROUP: Final = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
_HERE: Final = "{region}:{account}"
ARNS: Final[Mapping[str, str]] = {
    "aws:autoscaling/group:Group": f"arn:aws:autoscaling:{_HERE}:autoScalingGroup:{{uuid}}:{{name}}",
    "aws:cloudtrail/trail:Trail": f"arn:aws:cloudtrail:{_HERE}:trail/{{name}}",
    "aws:cloudwatch/logGroup:LogGroup": f"arn:aws:logs:{_HERE}:log-group:{{name}}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": f"arn:aws:cloudwatch:{_HERE}:alarm:{{name}}",
    "aws:cloudwatch/eventRule:EventRule": f"arn:aws:events:{_HERE}:rule/{{name}}",
    "aws:ec2/eip:Eip": f"arn:aws:ec2:{_HERE}:elastic-ip/{{id}}",
    "aws:ec2/flowLog:FlowLog": f"arn:aws:ec2:{_HERE}:vpc-flow-log/{{id}}",
    "aws:eks/accessEntry:AccessEntry": f"arn:aws:eks:{_HERE}:access-entry/{{clusterName}}/{{uuid}}",
    "aws:eks/addon:Addon": f"arn:aws:eks:{_HERE}:addon/{{clusterName}}/{{addonName}}/{{uuid}}",
    "aws:eks/cluster:Cluster": f"arn:aws:eks:{_HERE}:cluster/{{name}}",
    "aws:eks/nodeGroup:NodeGroup": f"arn:aws:eks:{_HERE}:nodegroup/{{clusterName}}/{{nodeGroupName}}/{{uuid}}",
    "aws:iam/instanceProfile:InstanceProfile": "arn:aws:iam::{account}:instance-profile{path}{name}",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "arn:aws:iam::{account}:oidc-provider/{issuer}",
    "aws:iam/policy:Policy": "arn:aws:iam::{account}:policy{path}{name}",
    "aws:iam/role:Role": "arn:aws:iam::{account}:role{path}{name}",
    "aws:kms/alias:Alias": f"arn:aws:kms:{_HERE}:{{name}}",
    "aws:lb/listener:Listener": f"arn:aws:elasticloadbalancing:{_HERE}:listener/net/{{hex16}}/{{hex16}}",
    "aws:lb/loadBalancer:LoadBalancer": f"arn:aws:elasticloadbalancing:{_HERE}:loadbalancer/net/{{name}}/{{hex16}}",
    "aws:lb/targetGroup:TargetGroup": f"arn:aws:elasticloadbalancing:{_HERE}:targetgroup/{{name}}/{{hex16}}",
    "aws:ram/resourceShare:ResourceShare": f"arn:aws:ram:{_HERE}:resource-share/{{uuid}}",
    "aws:route53/zone:Zone": "arn:aws:route53:::hostedzone/{id}",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{bucket}",
    "aws:s3/bucketObject:BucketObject": "arn:aws:s3:::{bucket}/{key}",
    "aws:s3/bucketObjectv2:BucketObjectv2": "arn:aws:s3:::{bucket}/{key}",
    "aws:secretsmanager/secret:Secret": f"arn:aws:secretsmanager:{_HERE}:secret:{{name}}-{{hex8}}",
    "aws:sns/topic:Topic": f"arn:aws:sns:{_HERE}:{{name}}",
    "aws:sqs/queue:Queue": f"arn:aws:sqs:{_HERE}:{{name}}",
    "aws:ssm/parameter:Parameter": f"arn:aws:ssm:{_HERE}:parameter{{name}}",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": f"arn:aws:ec2:{_HERE}:security-group-rule/{{id}}",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": f"arn:aws:ec2:{_HERE}:security-group-rule/{{id}}",
}
"""ARNs that are not `arn:aws:<service>:<region>:<account>:<type>/<id>`."""


class _Words(dict[str, str]):
    """What a template may name: inputs, region, account, fresh digits."""

    def __init__(self, making: Making) -> None:
        super().__init__()
        self._making = making

    def __missing__(self, key: str) -> str:
        making = self._making
        if re.fullmatch(r"hex\d+", key):
            return making.hex(int(key[3:]))
        known = {
            "uuid": making.uuid,
            "id": lambda: making.id,
            "region": lambda: aws_region(making),
            "account": lambda: aws_account(making.resource.provider_config, making.world),
            "arn": lambda: making.text("arn") or arn(making),
            "path": lambda: making.text("path", "/"),
            "issuer": lambda: making.text("url").removeprefix("https://"),
            "zone_id": lambda: f"Z{making.hex(20).upper()}",
        }
        return known[key]() if key in known else making.text(key)


def identity(making: Making) -> str:
    """The id of a new resource."""
    token = making.resource.token
    if token in PREFIXES:
        return f"{PREFIXES[token]}-0{making.hex(16)}"
    if token == _DEFAULT_GROUP:
        # The group exists with its network; this resource only takes it over.
        network = making.find(making.inputs.get("vpcId"), "aws:ec2/vpc:Vpc")
        return str(network.outputs["defaultSecurityGroupId"]) if network else f"sg-0{making.hex(16)}"
    return IDS[token].format_map(_Words(making)) if token in IDS else making.hex(20)


def arn(making: Making) -> str:
    """The ARN of a resource whose id is known; one that *is* the id stays what it is."""
    token = making.resource.token
    if making.id.startswith("arn:"):
        return making.id
    template = ARNS.get(token)
    if template is None:
        module, kind = token.split(":")[1].split("/")
        service = {"vpc": "ec2", "ebs": "ec2"}.get(module, module)
        kebab = re.sub(r"([A-Z])", r"-\1", kind).lower()
        template = f"arn:aws:{service}:{{region}}:{{account}}:{kebab}/{{id}}"
    return template.format_map(_Words(making))
