"""What the machine's own cloud says about it: access tokens and identity tokens, without a stored secret.

Proven here only against stand-ins that check the request's shape; the clouds themselves judge the tokens.
"""

from urllib.parse import quote, urlencode

from .errors import RemoteError
from .reading import Reader, strict_json
from .web import MachineWeb

AZURE = "http://169.254.169.254"
GOOGLE = "http://metadata.google.internal"


class AzureMachine:
    """Azure's instance metadata service. `client_id` picks a user-assigned identity where there are several."""

    def __init__(self, client_id: str, base: str = AZURE) -> None:
        self._base, self._client_id, self._web = base, client_id, MachineWeb()

    def token(self, resource: str) -> str:
        """An access token for the resource; for an application as resource it serves as identity token."""
        query = {"api-version": "2018-02-01", "resource": resource}
        if self._client_id:
            query["client_id"] = self._client_id
        url = f"{self._base}/metadata/identity/oauth2/token?{urlencode(query)}"
        return _token(self._web.get(url, {"Metadata": "true"}), "Azure's instance metadata")


class GoogleMachine:
    """Google's metadata server."""

    def __init__(self, base: str = GOOGLE) -> None:
        self._base, self._web = f"{base}/computeMetadata/v1/instance/service-accounts/default", MachineWeb()

    def token(self) -> str:
        """An access token of the machine's service account."""
        return _token(self._web.get(f"{self._base}/token", {"Metadata-Flavor": "Google"}), "Google's metadata server")

    def identity(self, audience: str) -> str:
        """An OpenID token of the machine's service account for this audience."""
        url = f"{self._base}/identity?audience={quote(audience, safe='')}&format=full"
        return _ascii(self._web.get(url, {"Metadata-Flavor": "Google"}), "Google's metadata server")


def _token(data: bytes, where: str) -> str:
    # The answer holds a token: a fault in reading it must not quote it.
    token = Reader(strict_json(data, where), where).raw.get("access_token")
    if not isinstance(token, str) or not token:
        raise RemoteError(f"{where}: answered without an access token")
    return _ascii(token.encode(), where)


def _ascii(data: bytes, where: str) -> str:
    token = data.strip()
    if not token.isascii() or any(character <= ord(" ") for character in token):
        raise RemoteError(f"{where}: answered with something that is no token")
    return token.decode()
