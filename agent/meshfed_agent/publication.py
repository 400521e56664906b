"""This gateway's own peer document: written when its content changes and before it expires.

The sequence continues from what is published, read back from the store behind the distribution: a replaced host knows
nothing, and must not start again at one.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from . import documents
from .alarms import LOG
from .distribution import Published, Publisher
from .documents import Asked, Statement
from .errors import RefusedError
from .gateway import GatewayDocument, Publish
from .signer import Signer


class Publication:
    """What this gateway says, and keeps saying."""

    def __init__(self, region: str, gateway: str, publisher: Publisher, signer: Signer) -> None:
        self._region, self._gateway = region, gateway
        self._publisher, self._signer = publisher, signer
        self.current: Statement | None = None
        """What this process last wrote or read back."""

    def update(self, document: GatewayDocument, tunnels: Mapping[str, documents.Keys], now: datetime) -> None:
        """Publish unless what is published says the same and is young enough."""
        settings = document.publish
        content = documents.body(settings.addresses, tunnels)
        if _says(self.current, document.epoch, content) and not _due(self.current, settings, now):
            return
        # Nothing that is remembered counts from here on: another host may have been this gateway.
        self.current = None
        asked = Asked(self._region, self._gateway, document.epoch, (self._signer.public_key(),))
        before = self._publisher.last(settings.object)
        last = _last(before, asked, settings.keys)
        if _says(last, document.epoch, content) and not _due(last, settings, now) and _is_under(before, asked):
            self.current = last
            return
        sequence = last.sequence + 1 if last is not None else 1
        until = now + timedelta(seconds=settings.valid_seconds)
        signed = documents.envelope(documents.statement(asked, sequence, until, content), self._signer.sign)
        # The same check as the peers make: a signer that signs wrongly is noticed here first.
        current = documents.verify(signed, asked)
        self._publisher.publish(settings.object, signed, before)
        self.current = current
        LOG.info("published %s epoch %s sequence %s", settings.object, asked.epoch, sequence)


def _says(statement: Statement | None, epoch: int, content: Mapping[str, object]) -> bool:
    return (
        statement is not None
        and statement.epoch == epoch
        and documents.body(statement.addresses, statement.tunnels) == content
    )


def _due(statement: Statement | None, settings: Publish, now: datetime) -> bool:
    left = timedelta(seconds=settings.valid_seconds - settings.renew_seconds)
    return statement is None or now >= statement.not_after - left


def _last(published: Published | None, asked: Asked, pinned: tuple[str, ...]) -> Statement | None:
    """The last statement of this epoch, None where this epoch has none yet.

    A pinned key of the region that it signs with no more (it was rotated) still tells the sequence. A document of this
    epoch that none of the region's keys signed is not ours, so nobody knows which sequence is next: somebody who may
    restore the store's last good version must look.
    """
    if published is None:
        return None
    claimed = documents.unverified(published.data, f"own document of {asked.name}")
    if claimed.epoch < asked.epoch:
        return None
    try:
        return documents.verify(published.data, replace(asked, keys=(*asked.keys, *pinned)))
    except RefusedError as fault:
        raise RefusedError(f"own document in the distribution: {fault}; restore its last good version") from fault


def _is_under(published: Published | None, asked: Asked) -> bool:
    """Whether what is published is signed by the key that this host signs with."""
    if published is None:
        return False
    try:
        documents.verify(published.data, asked)
    except RefusedError:
        return False
    return True
