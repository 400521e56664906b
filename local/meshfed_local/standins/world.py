"""The store of everything that exists in a local world, shared by all its stacks and plugin processes.

One SQLite file below the world's folder: its transactions hold fcntl locks, so plugins of two stacks may
write at once, and a process that is killed or meets a full disk leaves the last whole state. Nothing here
knows a cloud.
"""

import hashlib
import hmac
import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from meshfed.errors import MeshfedError

WORLD_VARIABLE: Final = "MESHFED_LOCAL_WORLD"
"""Environment variable that names the world's folder."""

_LOCK_WAIT_SECONDS: Final = 60.0
_WANTED: Final = "The folder has to be writable and have space left."
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS records (
    urn TEXT NOT NULL, id TEXT NOT NULL, token TEXT NOT NULL, revision INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (urn, id));
CREATE INDEX IF NOT EXISTS records_token ON records (token);
CREATE TABLE IF NOT EXISTS identifiers (
    identifier TEXT NOT NULL, urn TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (identifier, urn, id));
CREATE TABLE IF NOT EXISTS uses (
    identifier TEXT NOT NULL, urn TEXT NOT NULL, id TEXT NOT NULL, path TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS uses_identifier ON uses (identifier);
CREATE INDEX IF NOT EXISTS uses_user ON uses (urn, id);
CREATE TABLE IF NOT EXISTS issued (identifier TEXT PRIMARY KEY, kind TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS leases (pool TEXT NOT NULL, value TEXT NOT NULL, owner TEXT NOT NULL,
    PRIMARY KEY (pool, value));
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class WorldError(MeshfedError):
    """The world's folder cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that exists. Treat the mappings as read-only: they are shared between callers."""

    urn: str
    token: str
    id: str
    name: str
    """Logical name (last part of the URN)."""
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    provider: Mapping[str, Any]
    """Settings of the provider that made it: region, project, subscription …"""
    identifiers: tuple[str, ...] = field(default=())
    """Every name under which others may refer to it: id, ARN, self link. The id is always one of them."""
    uses: tuple[tuple[str, str], ...] = field(default=())
    """What it refers to: (path of the input, identifier)."""


class World:
    """A local world: records, leases of unique values, and randomness that nobody can guess."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "cloud"
        self._lock = threading.RLock()
        self._cache: dict[tuple[str, str], tuple[int, Record]] = {}
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._seed = self._read_or_make_seed()
            self._database = self._open_database()
        except (OSError, sqlite3.Error) as error:
            raise WorldError(f"{self.folder}: the world cannot be opened: {error}. {_WANTED}") from error

    @classmethod
    def open(cls) -> Self:
        """The world that the environment names. Raises WorldError when it names none."""
        folder = os.environ.get(WORLD_VARIABLE, "")
        if not folder:
            raise WorldError(f"{WORLD_VARIABLE} is not set; wanted: the folder of a local world")
        return cls(Path(folder))

    def _read_or_make_seed(self) -> bytes:
        seed = self.folder / "seed"
        if not seed.exists():
            draft = self.folder / f"seed.{secrets.token_hex(8)}"
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
            try:
                # A hard link, not a rename: of two processes that start a world, the second must not replace.
                os.link(draft, seed)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return seed.read_bytes()

    def _open_database(self) -> sqlite3.Connection:
        path = self.folder / "world.sqlite"
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        database = sqlite3.connect(path, timeout=_LOCK_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(_SCHEMA)
        return database

    def close(self) -> None:
        """Let go of the file; the world stays."""
        self._database.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Read and write as one step: no other process writes in between; an exception undoes everything.

        Raises WorldError when the folder is full or cannot be written.
        """
        with self._lock:
            if self._database.in_transaction:
                yield
                return
            try:
                self._database.execute("BEGIN IMMEDIATE")
                yield
                self._database.execute("COMMIT")
            except BaseException as error:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                self._cache.clear()
                if isinstance(error, sqlite3.Error):
                    raise WorldError(f"{self.folder}: nothing was written: {error}. {_WANTED}") from error
                raise

    def stable(self, *parts: str) -> bytes:
        """32 bytes that are the same for the same parts in this world, and different in every other."""
        return hmac.new(self._seed, "\0".join(parts).encode(), hashlib.sha256).digest()

    def records(self, token: str | None = None) -> tuple[Record, ...]:
        """Everything that exists, oldest first; with a token, only resources of that type."""
        condition, values = ("", ()) if token is None else ("WHERE token = ?", (token,))
        return self._load(condition, values)

    def by_id(self, identifier: str, token: str | None = None) -> Record | None:
        """What is known under an id, ARN or self link; of several the oldest, or the one of that token."""
        found = self._load("WHERE (urn, id) IN (SELECT urn, id FROM identifiers WHERE identifier = ?)", (identifier,))
        return next((record for record in found if token in {None, record.token}), None)

    def by_urn(self, urn: str) -> tuple[Record, ...]:
        """What stands under a URN, oldest first: two records while a replacement is on its way."""
        return self._load("WHERE urn = ?", (urn,))

    def get(self, urn: str, identifier: str) -> Record | None:
        """The one record with this URN and this id."""
        return next(iter(self._load("WHERE urn = ? AND id = ?", (urn, identifier))), None)

    def _load(self, condition: str, values: tuple[str, ...]) -> tuple[Record, ...]:
        with self._lock:
            rows = self._database.execute(
                f"SELECT urn, id, revision FROM records {condition} ORDER BY rowid",  # noqa: S608 -- fixed texts
                values,
            ).fetchall()
            return tuple(self._cached(*row) for row in rows)

    def _cached(self, urn: str, identifier: str, revision: int) -> Record:
        known = self._cache.get((urn, identifier))
        if known is not None and known[0] == revision:
            return known[1]
        row = self._database.execute("SELECT body FROM records WHERE urn = ? AND id = ?", (urn, identifier)).fetchone()
        body: dict[str, Any] = json.loads(row[0])
        body["identifiers"] = tuple(body["identifiers"])
        body["uses"] = tuple((path, name) for path, name in body["uses"])
        record = Record(**body)
        self._cache[urn, identifier] = (revision, record)
        return record

    def put(self, record: Record) -> None:
        """Write a record, new or changed."""
        identifiers = tuple(dict.fromkeys((record.id, *record.identifiers)))
        body = json.dumps({**asdict(record), "identifiers": identifiers})
        key = (record.urn, record.id)
        with self.transaction():
            self._database.execute(
                "INSERT INTO records (urn, id, token, revision, body) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (urn, id) DO UPDATE SET revision = excluded.revision, body = excluded.body",
                (*key, record.token, self.count("revision"), body),
            )
            self._database.execute("DELETE FROM identifiers WHERE urn = ? AND id = ?", key)
            self._database.executemany(
                "INSERT INTO identifiers VALUES (?, ?, ?)", [(name, *key) for name in identifiers]
            )
            self._database.execute("DELETE FROM uses WHERE urn = ? AND id = ?", key)
            self._database.executemany(
                "INSERT INTO uses VALUES (?, ?, ?, ?)", [(name, *key, path) for path, name in record.uses]
            )

    def remove(self, urn: str, identifier: str) -> None:
        """Forget a record and give back what it leased; silent when it is gone already."""
        with self.transaction():
            self._database.execute("DELETE FROM records WHERE urn = ? AND id = ?", (urn, identifier))
            self._database.execute("DELETE FROM identifiers WHERE urn = ? AND id = ?", (urn, identifier))
            self._database.execute("DELETE FROM uses WHERE urn = ? AND id = ?", (urn, identifier))
            self._database.execute("DELETE FROM leases WHERE owner = ?", (f"{urn}\n{identifier}",))

    def users(self, record: Record) -> tuple[tuple[Record, str], ...]:
        """Every other record that refers to this one, with the path of the first input that does."""
        marks = ",".join("?" * len(record.identifiers))
        with self._lock:
            rows = self._database.execute(
                f"SELECT urn, id, path FROM uses WHERE identifier IN ({marks}) GROUP BY urn, id",  # noqa: S608 -- marks
                record.identifiers,
            ).fetchall()
        found = ((self.get(urn, identifier), path) for urn, identifier, path in rows)
        own = (record.urn, record.id)
        return tuple((user, path) for user, path in found if user is not None and (user.urn, user.id) != own)

    def issue(self, identifier: str, kind: str) -> str:
        """Note an id that a look-up handed out (an image, a zone), so that using it is no fault."""
        with self.transaction():
            self._database.execute("INSERT OR IGNORE INTO issued VALUES (?, ?)", (identifier, kind))
        return identifier

    def exists(self, identifier: str) -> bool:
        """Whether something stands under this id, ARN or self link, or a look-up handed it out."""
        with self._lock:
            return (
                self._database.execute(
                    "SELECT 1 FROM identifiers WHERE identifier = ? UNION ALL "
                    "SELECT 1 FROM issued WHERE identifier = ?",
                    (identifier, identifier),
                ).fetchone()
                is not None
            )

    def lease(self, pool: str, candidates: Iterable[str], owner: tuple[str, str]) -> str | None:
        """The first candidate nobody holds in the pool, now held by the record (URN, id); None if all are."""
        with self.transaction():
            for value in candidates:
                done = self._database.execute(
                    "INSERT OR IGNORE INTO leases VALUES (?, ?, ?)", (pool, value, "\n".join(owner))
                )
                if done.rowcount:
                    return value
        return None

    def count(self, name: str) -> int:
        """The next number of a counter, from 1; no two callers get the same."""
        with self.transaction():
            row = self._database.execute(
                "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                (name,),
            ).fetchone()
        return int(row[0])
