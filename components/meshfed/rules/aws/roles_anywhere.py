"""IAM Roles Anywhere: what a certificate of an edge machine gets, for how long, and how it is taken back."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.aws.counts import owed
from meshfed.rules.node import Finding, each
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

PROFILE: Final = "aws:rolesanywhere/profile:Profile"
ANCHOR: Final = "aws:rolesanywhere/trustAnchor:TrustAnchor"
REVOCATIONS: Final = "aws-native:rolesanywhere:Crl"
LONGEST_SESSION: Final = 3600
"""Seconds; also what AWS takes where nothing is written."""


def _sessions_are_short(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    duration = resource.props["durationSeconds"]
    if (duration.number() or 0) > LONGEST_SESSION:
        yield duration.wrong(f"a session outlives its certificate's revocation by more than {LONGEST_SESSION} s")


def _devices_sessions_are_short(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    duration = resource.props["credentialDuration"]
    if (duration.number() or 0) > LONGEST_SESSION:
        yield duration.wrong(
            f"a device's session outlives its certificate's revocation by more than {LONGEST_SESSION} s"
        )


def _name_is_of_the_certificate(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    accepts = resource.props["acceptRoleSessionName"]
    if accepts.flag():
        yield accepts.wrong("a machine chooses the name under which the audit log shows it")


def _sessions_are_scoped(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    policy = resource.props["sessionPolicy"]
    if policy.is_absent:
        yield policy.wrong("nothing bounds a session but the role")


def _one_role(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    roles = resource.props["roleArns"]
    if len(roles.items()) > 1:
        yield roles.wrong("a certificate chooses among several roles; one profile is for one purpose")


def _profiles_share_no_role(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    profiles = stack.of(PROFILE)
    if len(profiles) < 2:
        return
    seen: dict[str, str] = {}

    def one(profile: Resource) -> Iterator[Finding]:
        for role in profile.props["roleArns"].items():
            if seen.setdefault(role.text(), profile.urn) != profile.urn:
                yield role.wrong("another profile gives the same role: bootstrap and runtime are two roles")

    yield from each(profiles, one)


def _certificates_can_be_revoked(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    anchors = [anchor for anchor in stack.of(ANCHOR) if anchor.logical_name not in parameters.short_certificate_anchors]
    lists = [one.props["trustAnchorArn"] for one in stack.of(REVOCATIONS) if one.props["enabled"].flag()]
    yield from owed(
        anchors, lists, "no revocation list is imported for it, and its certificates are not named as short"
    )


RULES: Final = (
    Rule(
        id="MF-A11",
        title="A certificate gets one short, scoped session and can be revoked",
        why="The key of a stolen edge machine is good until somebody can take it back, for whatever its role may do.",
        mend="Write durationSeconds of 3600 at most, a sessionPolicy and one role a profile; leave out"
        " acceptRoleSessionName; import a revocation list (aws-native rolesanywhere Crl, enabled), or name the anchor"
        " in the gate's parameter short_certificate_anchors if its CA signs only certificates that expire soon.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={
            PROFILE: (_sessions_are_short, _name_is_of_the_certificate, _sessions_are_scoped, _one_role),
            "aws:iot/roleAlias:RoleAlias": (_devices_sessions_are_short,),
        },
        stack_checks=(_certificates_can_be_revoked,),
        relations=(_profiles_share_no_role,),
        controls=("NIST SP 800-207 tenet 3", "NIST SP 800-53 AC-12", "NIST SP 800-53 IA-5(2)"),
        weaker="Revocation lists and trust anchors are counted, since an anchor's ARN is known only afterwards.",
        live="Whether a revocation list is current.",
    ),
)
