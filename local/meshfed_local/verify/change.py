"""What a provider would replace when a configuration changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.verify.proposed import at, propose, settle
from meshfed_local.verify.provider import Diagnostic, Provider, Steps
from meshfed_local.verify.schema import Block


@dataclass(frozen=True, slots=True)
class Verdict:
    """A provider's word on one change."""

    replaces: tuple[Steps, ...]
    """The properties, in the provider's names, whose change replaces the resource; empty: it is updated."""
    errors: tuple[Diagnostic, ...]
    """Why the provider could not say; then `replaces` means nothing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A resource as it stands after its deployment, in a provider's words."""

    state: Any
    private: bytes
    errors: tuple[Diagnostic, ...]


def stand(provider: Provider, type_name: str, config: Mapping[str, Any]) -> Standing:
    """The resource as a first deployment of a configuration would leave it, made-up ids and addresses in it."""
    block = provider.block(type_name)
    planned = provider.plan(type_name, None, propose(block, None, config), config)
    state = None if planned.errors else settle(block, planned.state)
    return Standing(state, planned.private, planned.errors)


def judge(provider: Provider, type_name: str, before: Standing, config: Mapping[str, Any]) -> Verdict:
    """What the provider replaces to get from what stands to a configuration."""
    if before.errors:
        return Verdict((), before.errors)
    block = provider.block(type_name)
    planned = provider.plan(type_name, before.state, propose(block, before.state, config), config, before.private)
    if planned.errors:
        return Verdict((), planned.errors)
    return Verdict(tuple(path for path in planned.replaces if _counts(block, path, before.state, planned.state)), ())


def _counts(block: Block, path: Steps, prior: Any, planned: Any) -> bool:
    """Whether a path that a provider names is a reason to replace: it is no mere consequence, and it changes.

    Providers name an unknown id beside its cause, and some name properties that keep their value; Terraform's
    core leaves out the latter too.
    """
    name = str(path[0]) if path else ""
    attribute = block.attributes.get(name)
    if attribute is not None and not attribute.settable:
        return False
    old, new = at(prior, path), at(planned, path)
    if old is None and new is None:
        # A place inside a set has no position to compare at: the whole set is compared.
        old, new = at(prior, path[:1]), at(planned, path[:1])
    return new is UNKNOWN or old != new
