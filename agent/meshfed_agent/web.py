"""HTTP with a bound on everything: time over all, bytes, no redirect, no plain HTTP except to the machine's own cloud.

`urllib`'s timeout is per read: a server that drips one byte a second holds it for ever. Here the whole request has a
deadline (`deadline`).
"""

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from .deadline import READ_SECONDS, Deadline, EncryptedHandler, PlainHandler
from .errors import ConfigError, MissingError, RemoteError
from .reading import Reader, strict_json

CHUNK = 64 * 1024
DEADLINE_SECONDS = 15.0


def _opener(*handlers: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    """An opener that follows no redirect: the address is pinned, and so is who answers."""
    opener = urllib.request.OpenerDirector()
    errors = urllib.request.HTTPDefaultErrorHandler(), urllib.request.HTTPErrorProcessor()
    for handler in (*handlers, *errors):
        opener.add_handler(handler)
    return opener


class Web:
    """A client for HTTPS with the system's roots or those of one file."""

    def __init__(self, ca_file: Path | None = None, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        try:
            trusted = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
        except OSError as fault:
            raise ConfigError(f"distribution.ca_file: {ca_file}: cannot be read as PEM roots: {fault}") from fault
        trusted.minimum_version = ssl.TLSVersion.TLSv1_2
        self._deadline_seconds, self._trusted = deadline_seconds, trusted

    def get(self, url: str, limit: int, headers: Mapping[str, str] | None = None) -> bytes:
        """The body behind an https address, of at most `limit` bytes. MissingError for 404."""
        return self._send(urllib.request.Request(_https(url), headers=dict(headers or {})), limit)  # noqa: S310 - the scheme is checked

    def post_json(self, url: str, content: Mapping[str, object], headers: Mapping[str, str]) -> Reader:
        """The JSON object that answers a JSON object."""
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked
            _https(url),
            data=json.dumps(content).encode(),
            headers={**headers, "Content-Type": "application/json"},
            method="POST",
        )
        return Reader(strict_json(self._send(request, CHUNK), _place(url)), _place(url))

    def _send(self, request: urllib.request.Request, limit: int) -> bytes:
        with Deadline(self._deadline_seconds) as deadline:
            encrypted = EncryptedHandler(deadline, self._trusted)
            opener = _opener(urllib.request.ProxyHandler(), PlainHandler(deadline), encrypted)
            return _exchange(opener, request, limit, deadline)


class MachineWeb:
    """A client for the metadata service of the machine's own cloud: plain HTTP, link-local, never through a proxy."""

    def __init__(self, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._deadline_seconds = deadline_seconds

    def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        """The body behind an address of the metadata service."""
        request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - fixed addresses
        with Deadline(self._deadline_seconds) as deadline:
            return _exchange(_opener(PlainHandler(deadline)), request, CHUNK, deadline)


def _https(url: str) -> str:
    if urlsplit(url).scheme != "https":
        raise RemoteError(f"{_place(url)}: is not https; wanted: https")
    return url


def _place(url: str) -> str:
    """The address without its query, which may name an audience or hold a token."""
    return url.partition("?")[0]


def _exchange(
    opener: urllib.request.OpenerDirector, request: urllib.request.Request, limit: int, deadline: Deadline
) -> bytes:
    place = _place(request.full_url)
    try:
        with opener.open(request, timeout=READ_SECONDS) as answer:
            data = _read(answer, limit, place)
    except urllib.error.HTTPError as fault:
        fault.close()
        if deadline.over:
            raise RemoteError(f"{place}: not read to its end in time") from fault
        kind = MissingError if fault.code == http.HTTPStatus.NOT_FOUND else RemoteError
        raise kind(f"{place}: answered {fault.code}; wanted: 200") from fault
    except (OSError, http.client.HTTPException) as fault:
        reason = fault.reason if isinstance(fault, urllib.error.URLError) else fault
        raise RemoteError(f"{place}: no answer{' in time' if deadline.over else ''}: {reason}") from fault
    if deadline.over:
        raise RemoteError(f"{place}: not read to its end in time")
    return data


def _read(answer: http.client.HTTPResponse, limit: int, place: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := answer.read1(CHUNK):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise RemoteError(f"{place}: more than {limit} bytes; wanted: fewer")
    return b"".join(parts)
