"""A TCP echo that tells the client what it sees of the connection: its address, and the segment size.

python3 echo.py serve PORT
python3 echo.py ask SOURCE TARGET PORT
"""

import json
import socket
import socketserver
import sys

SECONDS = 2.0


class Answer(socketserver.BaseRequestHandler):
    """One line of JSON for each connection."""

    def handle(self) -> None:
        """Say who calls and how large a segment to it may be."""
        size = self.request.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
        self.request.sendall(json.dumps({"from": self.client_address[0], "segment": size}).encode())


class Server(socketserver.ThreadingTCPServer):
    """Answers on every address."""

    allow_reuse_address = True
    daemon_threads = True


def ask(source: str, target: str, port: int) -> str:
    """What the far end sees."""
    with socket.create_connection((target, port), timeout=SECONDS, source_address=(source, 0)) as connection:
        return connection.makefile().read()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        Server(("", int(sys.argv[2])), Answer).serve_forever()
    try:
        sys.stdout.write(ask(sys.argv[2], sys.argv[3], int(sys.argv[4])))
    except OSError as fault:
        raise SystemExit(f"no answer: {fault}") from fault
