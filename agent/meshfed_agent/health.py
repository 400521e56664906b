"""The port that load balancers probe: open while the gateway can carry traffic, closed while it cannot.

A closed port fails a TCP probe and an HTTP probe alike. An open one answers `200` to any GET.
"""

import http.server
import threading

from .alarms import LOG
from .bird import Bird
from .config import HostConfig
from .errors import HostError

EVERY_SECONDS = 2.0


class _Answer(http.server.BaseHTTPRequestHandler):
    """Answers every GET with `ok`."""

    timeout = 3

    def do_GET(self) -> None:
        """One short answer."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *_: object, **__: object) -> None:
        """Probes come every few seconds: they are not logged."""


class Health:
    """Watches the sessions and opens or closes the port."""

    def __init__(self, host: HostConfig, bird: Bird) -> None:
        self._host, self._bird = host, bird
        self._needed: frozenset[str] | None = None
        self._server: http.server.ThreadingHTTPServer | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="health", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port and end."""
        self._stop.set()
        self._thread.join()

    def expect(self, sessions: frozenset[str]) -> None:
        """One of these BGP sessions must be up; none at all means there are no peers yet, which is healthy."""
        self._needed = sessions

    def healthy(self) -> bool:
        """Whether traffic may come. Before the first gateway document it may not."""
        if self._needed is None:
            return False
        if not self._needed:
            return True
        try:
            return bool(self._needed & self._bird.established())
        except HostError:
            return False

    def _watch(self) -> None:
        while True:
            self._set(self.healthy() and not self._stop.is_set())
            if self._stop.wait(EVERY_SECONDS):
                self._set(healthy=False)
                return

    def _set(self, healthy: bool) -> None:  # noqa: FBT001 - the one argument of a private setter
        if healthy == (self._server is not None):
            return
        LOG.info("health: port %s is %s", self._host.health_port, "open" if healthy else "closed")
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            return
        try:
            server = http.server.ThreadingHTTPServer((self._host.health_address, self._host.health_port), _Answer)
        except OSError as fault:
            LOG.warning("health: port %s cannot be opened: %s", self._host.health_port, fault.strerror)
            return
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="health-port", daemon=True).start()
        self._server = server
