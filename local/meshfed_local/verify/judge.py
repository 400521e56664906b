"""Each resource before its judge: is its type known, does every input have a place, what does the provider say."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final, Self

from meshfed_local.toolchain import Toolchain
from meshfed_local.verify.change import Standing, judge, stand
from meshfed_local.verify.exports import Asked, Step
from meshfed_local.verify.names import type_name
from meshfed_local.verify.provider import Provider
from meshfed_local.verify.renamed import EXPLAINED
from meshfed_local.verify.schema import Block
from meshfed_local.verify.translate import Translation, translate

TOOLS: Final[Mapping[str, str]] = {"aws": "terraform-provider-aws", "gcp": "terraform-provider-google"}
"""Pulumi package -> the tool that is its judge."""

# No account stands behind these: the words only have to be there.
_SETTINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "aws": {
        "region": "us-east-1",
        "access_key": "nobody",
        "secret_key": "nobody",
        "skip_credentials_validation": True,
        "skip_requesting_account_id": True,
        "skip_metadata_api_check": "true",
        "skip_region_validation": True,
        # A plan that wants to look something up fails at once, not after minutes of trying.
        "max_retries": 1,
    },
    "gcp": {"access_token": "nobody", "project": "nobody", "region": "europe-west3", "zone": "europe-west3-a"},
}


_UNTOLD: Final[Mapping[str, str]] = {
    # The old word for log_config: the provider sends it where log_config is missing and never reads it back, so it
    # stays unset. A made-up `false` would contradict log_config, and the plan refuses the pair.
    "google_compute_firewall": "enable_logging",
}
"""Provider type -> computed property that stays unset where no configuration gives it."""


class Kind(StrEnum):
    """What is wrong."""

    UNMAPPED_TYPE = "unmapped type"
    UNMAPPED_PROPERTY = "unmapped property"
    REFUSED = "refused"
    WARNED = "warned"
    PROMISED_UPDATE = "promised update"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a judge has against a resource."""

    kind: Kind
    stack: str
    resource: str
    """Logical name."""
    token: str
    path: str
    """Pulumi's path of the property; empty for the resource as a whole."""
    message: str

    def as_json(self) -> dict[str, str]:
        """The finding as a plain object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A judge's word on a change."""

    findings: tuple[Finding, ...]
    because: tuple[str, ...]
    """The properties for which the provider replaces, in Pulumi's words; empty for an update."""


class Court:
    """The judges of all packages, each started when its first case comes; a context manager."""

    def __init__(self, toolchain: Toolchain, judges: Mapping[str, Provider] | None = None) -> None:
        """`judges` run already, by package; who started them ends them."""
        self._toolchain = toolchain
        self._open = ExitStack()
        self._judges = dict(judges or {})
        self._types = {package: frozenset(judge.types) for package, judge in self._judges.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._open.close()

    def judge_of(self, package: str) -> Provider:
        """The running provider of a package."""
        if package not in self._judges:
            program = self._toolchain.program(TOOLS[package])
            self._judges[package] = self._open.enter_context(Provider(program, _SETTINGS[package]))
            self._types[package] = frozenset(self._judges[package].types)
        return self._judges[package]

    def type_of(self, token: str) -> str | None:
        """The provider's type for a Pulumi token; None where it has none."""
        package = token.split(":", maxsplit=1)[0]
        self.judge_of(package)
        return type_name(token, self._types[package])

    def _translated(self, asked: Asked) -> tuple[Provider, Block, Translation] | None:
        provider, found = self.judge_of(asked.package), self.type_of(asked.token)
        if found is None:
            return None
        block = provider.block(found)
        translation = translate(found, asked.inputs, block)
        _fill_name(asked, block, translation.config)
        return provider, block, translation

    def inputs(self, asked: Asked) -> Iterator[Finding]:
        """Everything against one resource's inputs."""
        made = self._translated(asked)
        if made is None:
            yield _finding(Kind.UNMAPPED_TYPE, asked, "", "the provider has no type for this token")
            return
        provider, _, translation = made
        for misfit in translation.misfits:
            yield _finding(Kind.UNMAPPED_PROPERTY, asked, misfit.path, misfit.problem)
        said = provider.validate(translation.provider_type, translation.config)
        if not any(item.error for item in said):
            # Some rules over several properties are applied only when a deployment is planned.
            said += stand(provider, translation.provider_type, translation.config).errors
        for item in said:
            if not _explained(translation.provider_type, item.text):
                kind = Kind.REFUSED if item.error else Kind.WARNED
                yield _finding(kind, asked, translation.wire(item.path), item.text)

    def change(self, step: Step) -> Ruling:
        """What the provider would replace, and whether the engine promised an update there."""
        before, after = self._translated(step.before), self._translated(step.after)
        if before is None or after is None:
            problem = "the provider has no type for this token"
            return Ruling((_finding(Kind.UNMAPPED_TYPE, step.after, "", problem),), ())
        provider, _, now = after
        standing = _standing(provider, now.provider_type, before[2].config)
        verdict = judge(provider, now.provider_type, standing, now.config)
        because = tuple(now.wire(path) for path in verdict.replaces)
        findings = [
            _finding(Kind.UNDECIDED, step.after, now.wire(error.path), error.text)
            for error in verdict.errors
            if not _explained(now.provider_type, error.text)
        ]
        if not step.replaces:
            problem = "the provider replaces; the engine said update"
            findings += [_finding(Kind.PROMISED_UPDATE, step.after, path, problem) for path in because]
        return Ruling(tuple(findings), because)


def _fill_name(asked: Asked, block: Block, config: dict[str, Any]) -> None:
    """Pulumi names what must have a name and was given none: logical name and seven random hex digits."""
    attribute = block.attributes.get("name")
    if attribute is not None and attribute.required and config.get("name") is None:
        config["name"] = f"{asked.name}-0a1b2c3"


def _standing(provider: Provider, provider_type: str, config: Mapping[str, Any]) -> Standing:
    """What stands before a change, without made-up values that no cloud tells and nobody gave."""
    standing, name = stand(provider, provider_type, config), _UNTOLD.get(provider_type)
    if name is None or standing.state is None or config.get(name) is not None:
        return standing
    return replace(standing, state={**standing.state, name: None})


def _explained(provider_type: str, text: str) -> bool:
    return any(kind == provider_type and text.startswith(start) for kind, start in EXPLAINED)


def _finding(kind: Kind, asked: Asked, path: str, message: str) -> Finding:
    return Finding(kind, asked.stack, asked.name, asked.token, path, message)
