"""A running charon with the rendered options, its own socket and the key files that the agent would write."""

from collections.abc import Sequence

from meshfed.render.host_files import STRONGSWAN_CONF
from tests.render.host import Host, until

OPTIONS = """\
charon {{
  plugins {{
    vici {{
      socket = unix://{socket}
    }}
  }}
  filelog {{
    stderr {{
      default = 1
    }}
  }}
}}
"""


class Charon:
    """One charon on one host."""

    def __init__(self, host: Host) -> None:
        self._host, self.folder, self._socket = host, host.folder / "swanctl", host.folder / "vici"
        for name in ("pubkey", "ecdsa"):
            (self.folder / name).mkdir(parents=True)
        settings = host.folder / "strongswan.conf"
        settings.write_text(f"{STRONGSWAN_CONF}{OPTIONS.format(socket=self._socket)}")
        # charon keeps its process number in /run, where another one's may be.
        run = "mount -t tmpfs tmpfs /run && exec /usr/lib/ipsec/charon"
        host.spawn("sh", "-c", run, log="charon.log", environment={"STRONGSWAN_CONF": str(settings)})
        until(self._socket.exists, "charon's socket")

    def swanctl(self, *arguments: str) -> str:
        """What swanctl says."""
        return self._host.sh(*self._command(arguments))

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return ["env", f"SWANCTL_DIR={self.folder}", "swanctl", *arguments, "--uri", f"unix://{self._socket}"]

    def try_swanctl(self, *arguments: str) -> str:
        """What swanctl says, whether it succeeds or not."""
        done = self._host.try_sh(*self._command(arguments))
        return done.stdout + done.stderr

    def make_key(self, name: str) -> str:
        """A private key of this host under this name; its public part."""
        path = f"{self.folder}/ecdsa/{name}.pem"
        self._host.sh("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)
        return self._host.sh("openssl", "ec", "-in", path, "-pubout")

    def public(self, name: str, text: str) -> None:
        """A public key under this name."""
        (self.folder / "pubkey" / f"{name}.pem").write_text(text)

    def log(self) -> str:
        """What charon logged."""
        return (self._host.folder / "charon.log").read_text()
