"""HTTP connections that end at one point in time, whatever the other end does.

The standard library bounds each single read: a server that drips a byte now and then holds it for ever, be it in the
handshake, the headers, the size of a chunk or a proxy's answer. Here a timer shuts the connection, and the read ends.
Only the system's look-up of a name has a limit of its own (resolv.conf).
"""

import contextlib
import http.client
import socket
import ssl
import threading
import time
import urllib.request
from typing import Any, Self, cast

READ_SECONDS = 5.0


class Deadline:
    """The time that one request has. As a context: what it connected is shut when the time is over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._connected: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for one in self._connected:
                one.close()
            self._connected.clear()

    @property
    def over(self) -> bool:
        """Whether the time is over. What was read then may be cut off in the middle, and look whole."""
        return time.monotonic() >= self._end

    def connect(self, address: tuple[str, int], _: float, source: tuple[str, int] | None) -> socket.socket:
        """One address of the host after the other, as long as there is time (socket.create_connection has no end)."""
        fault: OSError = OSError(f"{address[0]}: has no address")
        for *kind, _name, place in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
            made = socket.socket(*kind)
            try:
                made.settimeout(self._step())
                if source is not None:
                    made.bind(source)
                made.connect(place)
                self._hold(made)
            except OSError as found:
                made.close()
                fault = found
            else:
                return made
        raise fault

    def _step(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return min(READ_SECONDS, left)

    def _hold(self, made: socket.socket) -> None:
        """A descriptor of our own: TLS and `urllib` take theirs away and close it, and its number may come back."""
        with self._lock:
            if self.over:  # the timer has come and gone
                raise TimeoutError("timed out")
            self._connected.append(made.dup())

    def _shut(self) -> None:
        with self._lock:
            for one in self._connected:
                with contextlib.suppress(OSError):  # the other end was faster
                    one.shutdown(socket.SHUT_RDWR)


class _Plain(http.client.HTTPConnection):
    def __init__(self, host: str, *, timeout: float, deadline: Deadline) -> None:
        super().__init__(host, timeout=timeout)
        self._create_connection = deadline.connect


class _Encrypted(http.client.HTTPSConnection):
    def __init__(self, host: str, *, timeout: float, deadline: Deadline, context: ssl.SSLContext) -> None:
        super().__init__(host, timeout=timeout, context=context)
        self._create_connection = deadline.connect


class PlainHandler(urllib.request.HTTPHandler):
    """Opens http addresses by a deadline."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """The answer's head."""
        return self.do_open(cast("Any", _Plain), req, deadline=self._deadline)


class EncryptedHandler(urllib.request.HTTPSHandler):
    """Opens https addresses by a deadline, and trusts these roots."""

    def __init__(self, deadline: Deadline, trusted: ssl.SSLContext) -> None:
        super().__init__()
        self._deadline, self._trusted = deadline, trusted

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """The answer's head."""
        return self.do_open(cast("Any", _Encrypted), req, deadline=self._deadline, context=self._trusted)
