"""A service account without a key, and what it may do in its own project; gateways and nodes each have one."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child


class GcpServiceAccountArgs(TypedDict):
    """What a service account needs."""

    project: str
    """Its project, the one of whatever runs as it."""
    account: str
    """Its name: at most 30 lower-case letters, digits and hyphens."""
    region: str
    """Key of the federation's region, for the description."""


def service_account(
    parent: pulumi.ComponentResource,
    name: str,
    args: GcpServiceAccountArgs,
    *,
    users: str,
    description: str,
    roles: Sequence[str],
) -> gcp.serviceaccount.Account:
    """The account that `users` of the region run as, with its roles, as children of a component."""
    account = gcp.serviceaccount.Account(
        f"{name}-account",
        project=args["project"],
        account_id=args["account"],
        display_name=f"{users} of {args['region']}",
        description=description,
        opts=child(parent),
    )
    for role in roles:
        gcp.projects.IAMMember(
            f"{name}-{role.rsplit('/', 1)[1].replace('.', '-').lower()}",
            project=args["project"],
            role=role,
            member=account.member,
            opts=child(parent),
        )
    return account
