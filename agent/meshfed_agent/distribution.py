"""The distribution: the public place where peer documents are published and polled.

Writing goes to the bucket behind it, reading a peer's document through HTTPS. One's own last document is read from the
bucket itself, since a cache may be old and the sequence continues from it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from . import amazon, files
from .amazon import SESSION_SECONDS, Client, Session
from .config import AgentConfig, PublishConfig
from .documents import SIZE_LIMIT
from .errors import MissingError, RemoteError
from .machine import AzureMachine, GoogleMachine


@dataclass(frozen=True, slots=True)
class Published:
    """What is published now; `tag` lets the next write fail if somebody else wrote in between."""

    data: bytes
    tag: str


class Publisher(Protocol):
    """Writes this gateway's own peer document, and nothing else."""

    def last(self, name: str) -> Published | None:
        """The document that is published now, or None before the first one."""
        ...

    def publish(self, name: str, data: bytes, replaces: Published | None) -> None:
        """Replace the document that was read; RemoteError when another one has taken its place."""
        ...


class DirectoryPublisher:
    """A folder that a local HTTPS server serves."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def last(self, name: str) -> Published | None:
        """The file's bytes."""
        data = files.read(self._root / name)
        return None if data is None else Published(data, "")

    def publish(self, name: str, data: bytes, replaces: Published | None) -> None:
        """Write the file at once."""
        if self.last(name) != replaces:
            raise RemoteError(f"{self._root / name}: was written by another; wanted: one writer")
        files.write(self._root / name, data, mode=files.PUBLIC)


class S3Publisher:
    """The bucket behind the distribution, written with a role that may write this one object."""

    def __init__(self, settings: PublishConfig, azure: AzureMachine, google: GoogleMachine) -> None:
        self._settings, self._azure, self._google = settings, azure, google

    def last(self, name: str) -> Published | None:
        """S3 GetObject. Without s3:ListBucket on this prefix a missing object looks forbidden."""
        what = f"s3://{self._settings.bucket}/{name}"
        try:
            answer = amazon.call(what, lambda: self._client().get_object(Bucket=self._settings.bucket, Key=name))
        except MissingError:
            return None
        return Published(amazon.body(answer, SIZE_LIMIT, what), cast("str", answer["ETag"]))

    def publish(self, name: str, data: bytes, replaces: Published | None) -> None:
        """S3 PutObject on condition that nobody wrote since `last`."""
        condition = {"IfNoneMatch": "*"} if replaces is None else {"IfMatch": replaces.tag}
        amazon.call(
            f"s3://{self._settings.bucket}/{name}",
            lambda: self._client().put_object(
                Bucket=self._settings.bucket,
                Key=name,
                Body=data,
                ContentType="application/json",
                CacheControl="max-age=30",
                **condition,
            ),
        )

    def _client(self) -> Client:
        return amazon.client("s3", self._settings.region, self._session())

    def _session(self) -> Session | None:
        """A fresh session each time: publications are hours apart."""
        settings = self._settings
        if settings.credential == "instance_role":
            if not settings.role_arn:
                return None
            sts = amazon.client("sts", settings.region)
            request: dict[str, str | int] = {}
            assume = sts.assume_role
        else:
            sts = amazon.client("sts", settings.region, unsigned=True)
            request = {"WebIdentityToken": self._token()}
            assume = sts.assume_role_with_web_identity
        request |= {
            "RoleArn": settings.role_arn,
            "RoleSessionName": "meshfed-agent",
            "DurationSeconds": SESSION_SECONDS,
        }
        return amazon.session(amazon.call(settings.role_arn, lambda: assume(**request)))

    def _token(self) -> str:
        if self._settings.credential == "google_web_identity":
            return self._google.identity(self._settings.audience)
        return self._azure.token(self._settings.audience)


def open_publisher(config: AgentConfig) -> Publisher:
    """The publisher that the settings name."""
    if config.publish.kind == "s3":
        return S3Publisher(config.publish, AzureMachine(config.client_id), GoogleMachine())
    return DirectoryPublisher(Path(config.publish.bucket))
