"""Leaves out the former types of Azure resources that no state of this library can hold."""

import re
from copy import copy

import pulumi

API_VERSION = re.compile(r"/v\d{8}\w*:")
"""In a type that names its API version: `azure-native:network/v20240101:Subnet`."""


def without_api_versions(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """The same resource without the SDK's aliases that name an API version.

    The SDK lists every version that a type ever had, 60 for a security group, and makes a URN of each: half the time
    of a preview. This library has only ever used types without a version. Types that moved between modules stay.
    """
    aliases = args.opts.aliases
    if not aliases:
        return None
    opts = copy(args.opts)
    opts.aliases = [one for one in aliases if not _names_version(one)]
    return pulumi.ResourceTransformationResult(args.props, opts)


def _names_version(alias: object) -> bool:
    return isinstance(alias, pulumi.Alias) and isinstance(alias.type_, str) and bool(API_VERSION.search(alias.type_))
