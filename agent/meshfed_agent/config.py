"""The host's own settings: `/etc/meshfed/agent.json`, of constant size and without a secret."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from . import files
from .errors import ConfigError, RefusedError
from .reading import Reader, one_of, strict_json

FORMAT = "meshfed/agent/v1"
DEFAULT_PATH = Path("/etc/meshfed/agent.json")
REGION = r"[a-z][a-z0-9]{0,7}"
GATEWAY = r"[ab]"
HEALTH_PORT = 8479
"""The TCP port load balancers probe."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Where this region's own store is."""

    kind: str
    location: str
    region: str


@dataclass(frozen=True, slots=True)
class SignerConfig:
    """The key that signs this region's peer documents."""

    kind: str
    key: str
    region: str


@dataclass(frozen=True, slots=True)
class PublishConfig:
    """Where, and with which credential, this gateway's peer document is written."""

    kind: str
    bucket: str
    region: str
    role_arn: str
    credential: str
    audience: str


@dataclass(frozen=True, slots=True)
class HostConfig:
    """Places on the host. The defaults are Debian's; another instance on one machine needs its own."""

    bird_socket: Path
    vici_uri: str
    health_address: str
    health_port: int
    ready_port: int | None
    """Where a cloud asks whether the machine works; None where it asks in another way."""


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """Everything the host itself must know."""

    region: str
    gateway: str
    client_id: str
    """Azure: client id of the user-assigned identity; empty when the machine has only one."""
    store: StoreConfig
    signer: SignerConfig
    publish: PublishConfig
    ca_file: Path | None
    """Roots for the distribution; None for the system's."""
    state: Path
    config: Path
    host: HostConfig

    @property
    def name(self) -> str:
        """This gateway's name in the federation, for example `use1-a`."""
        return f"{self.region}-{self.gateway}"


def load(path: Path) -> AgentConfig:
    """Read the settings; raises ConfigError with the first fault."""
    data = files.read(path)
    if data is None:
        raise ConfigError(f"{path}: does not exist; wanted: the settings that user data writes")
    try:
        return _parse(Reader(strict_json(data, str(path)), str(path)))
    except RefusedError as fault:
        raise ConfigError(str(fault)) from fault


def _parse(top: Reader) -> AgentConfig:
    top.constant("format", FORMAT)
    one_of(top, "cloud", ("aws", "azure", "gcp", "file"))
    distribution = top.part("distribution")
    parsed = AgentConfig(
        region=top.text("region", REGION, wanted="a region key"),
        gateway=top.text("gateway", GATEWAY, wanted="a or b"),
        client_id=top.text("client_id", r"[0-9a-fA-F-]*", wanted="a client id", default=""),
        store=_store(top.part("store")),
        signer=_signer(top.part("signer")),
        publish=_publish(distribution.part("publish")),
        ca_file=Path(distribution.text("ca_file")) if distribution.has("ca_file") else None,
        state=Path(top.text("state_directory", r"/.+", wanted="an absolute path")),
        config=Path(top.text("config_directory", r"/.+", wanted="an absolute path")),
        host=_host(top.part("host") if top.has("host") else Reader({}, f"{top.where}.host")),
    )
    distribution.done()
    top.done()
    return parsed


def _store(part: Reader) -> StoreConfig:
    kind = one_of(part, "kind", ("s3", "azure_blob", "gcs", "directory"))
    return _read_out(part, StoreConfig(kind, part.text("location", r".+"), _region(part, needed=kind == "s3")))


def _signer(part: Reader) -> SignerConfig:
    kind = one_of(part, "kind", ("aws_kms", "azure_key_vault", "gcp_kms", "file"))
    return _read_out(part, SignerConfig(kind, part.text("key", r".+"), _region(part, needed=kind == "aws_kms")))


def _publish(part: Reader) -> PublishConfig:
    kind = one_of(part, "kind", ("s3", "directory"))
    credential = "none"
    if kind == "s3":
        credential = one_of(part, "credential", ("instance_role", "google_web_identity", "azure_web_identity"))
    web = credential.endswith("_web_identity")
    arn = r"arn:aws[a-z-]*:iam::[0-9]{12}:role/.+"
    return _read_out(
        part,
        PublishConfig(
            kind=kind,
            bucket=part.text("bucket", r".+"),
            region=_region(part, needed=kind == "s3"),
            role_arn=part.text("role_arn", arn if web else f"(?:{arn})?", wanted="a role's ARN", default=_empty(web)),
            credential=credential if part.has("credential") else "none",
            audience=part.text("audience", r".+" if web else r".*", wanted="the audience", default=_empty(web)),
        ),
    )


def _empty(needed: bool) -> str | None:  # noqa: FBT001 - one private caller, both with a named value
    return None if needed else ""


def _region(part: Reader, *, needed: bool) -> str:
    return part.text("region", r"[a-z0-9-]+" if needed else r"[a-z0-9-]*", wanted="a region", default=_empty(needed))


def _host(part: Reader) -> HostConfig:
    return _read_out(
        part,
        HostConfig(
            bird_socket=Path(part.text("bird_socket", r"/.+", default="/run/bird/bird.ctl")),
            vici_uri=part.text("vici_uri", r"unix:///.+", default="unix:///run/charon.vici"),
            health_address=part.text("health_address", default="0.0.0.0"),  # noqa: S104 - the probe comes from outside; nftables limits who
            health_port=part.number("health_port", 0, 65535, default=HEALTH_PORT),
            ready_port=part.number("ready_port", 1, 65535) if part.has("ready_port") else None,
        ),
    )


def _read_out(part: Reader, value: T) -> T:
    part.done()
    return value
