"""The few calls to AWS, through boto3, which is imported only where a store, key or distribution of AWS is used."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, cast

from .errors import ConfigError, MissingError, RemoteError

SESSION_SECONDS = 900
"""The shortest session STS gives; one publication needs seconds."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Session:
    """Credentials of an assumed role; None of it is ever shown."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str = field(repr=False)


class Stream(Protocol):
    """The body of an answer."""

    def read(self, amount: int) -> bytes:
        """At most that many bytes."""
        ...


class Client(Protocol):
    """A client of one service; each method takes the request's fields by their names in AWS's reference."""

    def get_object(self, **request: str) -> Mapping[str, object]:
        """S3 GetObject."""
        ...

    def put_object(self, **request: str | bytes) -> Mapping[str, object]:
        """S3 PutObject."""
        ...

    def sign(self, **request: str | bytes) -> Mapping[str, object]:
        """KMS Sign."""
        ...

    def get_public_key(self, **request: str) -> Mapping[str, object]:
        """KMS GetPublicKey."""
        ...

    def assume_role(self, **request: str | int) -> Mapping[str, object]:
        """STS AssumeRole."""
        ...

    def assume_role_with_web_identity(self, **request: str | int) -> Mapping[str, object]:
        """STS AssumeRoleWithWebIdentity; sent unsigned."""
        ...


def client(service: str, region: str, session: Session | None = None, *, unsigned: bool = False) -> Client:
    """A client with short timeouts and few retries: a partition must not hold the agent for minutes."""
    try:
        boto3, settings = importlib.import_module("boto3"), importlib.import_module("botocore.config")
    except ModuleNotFoundError as fault:
        raise ConfigError(
            "boto3: is not installed; wanted: Debian's python3-boto3 on a gateway that uses AWS"
        ) from fault
    options: dict[str, object] = {
        "connect_timeout": 5,
        "read_timeout": 10,
        "retries": {"total_max_attempts": 2, "mode": "standard"},
    }
    if unsigned:
        options["signature_version"] = importlib.import_module("botocore").UNSIGNED
    keys = {} if session is None else {
        "aws_access_key_id": session.access_key,
        "aws_secret_access_key": session.secret_key,
        "aws_session_token": session.token,
    }  # fmt: skip
    # A session of its own: boto3's default one is shared by threads and is not safe for that.
    made = boto3.session.Session().client(service, region_name=region, config=settings.Config(**options), **keys)
    return cast("Client", made)


def call(what: str, request: Callable[[], T]) -> T:
    """The answer to a request; AWS's faults become ours, with what was asked for."""
    known = importlib.import_module("botocore.exceptions")
    try:
        return request()
    except known.ClientError as fault:
        code = str(fault.response["Error"]["Code"])
        kind = MissingError if code in ("NoSuchKey", "404") else RemoteError
        raise kind(f"{what}: AWS answered {code}") from fault
    except known.BotoCoreError as fault:
        raise RemoteError(f"{what}: no answer: {type(fault).__name__}") from fault


def body(answer: Mapping[str, object], limit: int, what: str) -> bytes:
    """The object in an answer of S3, of at most `limit` bytes."""
    known = importlib.import_module("botocore.exceptions")
    http = importlib.import_module("urllib3.exceptions")
    try:
        data = cast("Stream", answer["Body"]).read(limit + 1)
    except (known.BotoCoreError, http.HTTPError, OSError) as fault:
        raise RemoteError(f"{what}: broke off: {type(fault).__name__}") from fault
    if len(data) > limit:
        raise RemoteError(f"{what}: more than {limit} bytes; wanted: fewer")
    return data


def session(answer: Mapping[str, object]) -> Session:
    """The credentials in an answer of STS."""
    credentials = cast("Mapping[str, str]", answer["Credentials"])
    return Session(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])
