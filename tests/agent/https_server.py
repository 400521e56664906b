"""A folder over HTTPS: what the distribution is to the agents under test. Usage: FOLDER TLS_FOLDER ADDRESS PORT."""

import functools
import http.server
import ssl
import sys
from pathlib import Path


def main() -> None:
    """Serve until killed."""
    folder, tls, address, port = sys.argv[1:]
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    server = http.server.ThreadingHTTPServer((address, int(port)), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(tls) / "cert.pem", Path(tls) / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


main()
