"""The whole files of nftables, bird and strongSwan: written only after their own programs took them, then loaded.

A text that is refused changes nothing, neither on disk nor in the host.
"""

import hashlib
import tempfile
from pathlib import Path

from . import files
from .bird import Bird
from .commands import run
from .errors import HostError, RefusedError
from .gateway import Texts

NFTABLES, BIRD = "nftables.conf", "bird.conf"
READABLE = 0o640


class TextFiles:
    """The files in the configuration folder and what is loaded of them."""

    def __init__(self, folder: Path, state: Path, bird: Bird) -> None:
        self._folder, self._state, self._bird = folder, state, bird
        self._loaded_by = ""

    def check(self, texts: Texts) -> None:
        """Ask the programs themselves; raises RefusedError with their complaint."""
        checks = (texts.nftables, ["nft", "-c", "-f"]), (texts.bird, ["bird", "-p", "-c"])
        with tempfile.TemporaryDirectory(prefix="meshfed-") as folder:
            draft = Path(folder) / "draft.conf"
            for text, command in checks:
                if not text or self._is_written(text):
                    continue
                draft.write_text(text)
                try:
                    run([*command, str(draft)])
                except HostError as fault:
                    raise RefusedError(f"gateway document.texts: {fault}") from fault

    def _is_written(self, text: str) -> bool:
        return any(files.read(self._folder / name) == text.encode() for name in (NFTABLES, BIRD))

    def apply_firewall(self, texts: Texts) -> None:
        """Load the rules if they are new, or if what is loaded is not what was loaded: a reboot, or a hand."""
        text = texts.nftables
        if not text:
            return
        path, mark = self._folder / NFTABLES, self._state / "nftables.loaded"
        if files.read(path) == text.encode() and files.read(mark) == self._live():
            return
        files.remove(mark)  # killed from here on, the next run loads again
        files.write(path, text.encode(), mode=READABLE)
        run(["nft", "-f", str(path)])
        files.write(mark, self._live())

    def _live(self) -> bytes:
        return hashlib.sha256(run(["nft", "-s", "list", "ruleset"]).encode()).hexdigest().encode()

    def apply_routing(self, texts: Texts) -> None:
        """Load the file if it is new, and once for each process of bird: it may run with another file."""
        text = texts.bird
        if not text:
            return
        path, process = self._folder / BIRD, self._bird.started()
        if files.read(path) == text.encode() and process == self._loaded_by:
            return
        self._loaded_by = ""
        files.write(path, text.encode(), mode=READABLE)
        self._bird.configure(path)
        self._loaded_by = process
