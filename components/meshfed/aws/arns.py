"""What AWS derives from a location or a machine size. Pure text; no resource is made here."""

import re

_GRAVITON = re.compile(r"^[a-z]+\d+[a-z]*g[a-z]*\.")


def partition(location: str) -> str:
    """The partition that a location belongs to.

    >>> partition("us-east-1"), partition("cn-north-1"), partition("us-gov-west-1")
    ('aws', 'aws-cn', 'aws-us-gov')
    """
    if location.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if location.startswith("us-gov-") else "aws"


def arn(service: str, location: str, account: str, resource: str) -> str:
    """The ARN of something that has a location.

    >>> arn("eks", "us-east-1", "222222222222", "cluster/acme-use1-cluster")
    'arn:aws:eks:us-east-1:222222222222:cluster/acme-use1-cluster'
    """
    return f"arn:{partition(location)}:{service}:{location}:{account}:{resource}"


def iam_arn(location: str, account: str, resource: str) -> str:
    """The ARN of something of IAM, which has no location; the location only tells the partition.

    >>> iam_arn("us-east-1", "222222222222", "root")
    'arn:aws:iam::222222222222:root'
    """
    return f"arn:{partition(location)}:iam::{account}:{resource}"


def managed_policy(location: str, name: str) -> str:
    """The ARN of a policy that AWS itself keeps.

    >>> managed_policy("us-east-1", "AmazonEKSClusterPolicy")
    'arn:aws:iam::aws:policy/AmazonEKSClusterPolicy'
    """
    return f"arn:{partition(location)}:iam::aws:policy/{name}"


def architecture(size: str) -> str:
    """The processor architecture of a machine size, as AMI names spell it; Graviton sizes carry a `g` after the number.

    >>> architecture("c6in.large"), architecture("c7gn.large"), architecture("g5.xlarge"), architecture("m8g.xlarge")
    ('amd64', 'arm64', 'amd64', 'arm64')
    """
    return "arm64" if _GRAVITON.match(size) else "amd64"
