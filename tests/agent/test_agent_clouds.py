"""The agent's calls to clouds.

AWS: the real boto3 against moto, which checks requests and keeps S3, KMS and STS, but judges no web identity token.
Azure and Google: a local HTTPS server that checks the shape of each request as their references give it. What the
clouds themselves would say to it is not proven here.
"""

import base64
import contextlib
import hashlib
import importlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from moto import mock_aws

from meshfed_agent import amazon
from meshfed_agent.config import PublishConfig
from meshfed_agent.distribution import DirectoryPublisher, S3Publisher
from meshfed_agent.documents import public_key
from meshfed_agent.errors import MissingError, RemoteError
from meshfed_agent.machine import AzureMachine, GoogleMachine
from meshfed_agent.signer import AwsSigner, AzureSigner, FileSigner, GoogleSigner, Signer
from meshfed_agent.store import AzureBlobStore, DirectoryStore, GoogleStore, S3Store
from meshfed_agent.web import MachineWeb, Web

from .lab import certificate, private_pem, public_pem

# Without types of its own, which the test needs none of.
boto3: Any = importlib.import_module("boto3")
KEY = ec.generate_private_key(ec.SECP256R1())
DATA = b"a statement"


@dataclass
class Seen:
    """One request as the server got it."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Seen], tuple[int, bytes]]


@dataclass
class Cloud:
    """A server whose answers a test chooses."""

    base: str
    ca_file: Path
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    seen: list[Seen] = field(default_factory=list[Seen])

    def web(self) -> Web:
        return Web(self.ca_file, deadline_seconds=2)


def handler(cloud: Cloud) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen = Seen(self.command, url.path, parse_qs(url.query), dict(self.headers.items()), body)
            cloud.seen.append(seen)
            status, data = cloud.answers.get(url.path, lambda _: (404, b"{}"))(seen)
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", f"{cloud.base}/elsewhere")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _answer  # noqa: N815 - the library's names

        def log_message(self, *_: object, **__: object) -> None:
            return

    return Handler


def serve(folder: Path, *, tls: bool) -> tuple[Cloud, ThreadingHTTPServer]:
    cloud = Cloud("", folder / "cert.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(cloud))
    cloud.base = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    if tls:
        certificate(folder, "127.0.0.1")
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return cloud, server


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    made, server = serve(tmp_path, tls=True)
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def metadata(tmp_path: Path) -> Iterator[Cloud]:
    """A machine's metadata service: plain HTTP."""
    made, server = serve(tmp_path, tls=False)
    made.answers["/metadata/identity/oauth2/token"] = azure_token
    account = "/computeMetadata/v1/instance/service-accounts/default"
    made.answers[f"{account}/token"] = google(
        b'{"access_token":"google-token","expires_in":3599,"token_type":"Bearer"}'
    )
    made.answers[f"{account}/identity"] = google(b"header.payload.signature\n")
    yield made
    server.shutdown()
    server.server_close()


def azure_token(seen: Seen) -> tuple[int, bytes]:
    if seen.headers.get("Metadata") != "true" or seen.query["api-version"] != ["2018-02-01"]:
        return 400, b"{}"
    token = {"access_token": f"azure-token-for-{seen.query['resource'][0]}", "expires_on": "1795300000"}
    return 200, json.dumps(token).encode()


def google(answer: bytes) -> Answer:
    return lambda seen: (200, answer) if seen.headers.get("Metadata-Flavor") == "Google" else (403, b"")


def check(signer: Signer) -> None:
    """The signature holds under the key the signer names, and that key is the right one."""
    assert signer.public_key() == public_pem(KEY)
    public_key(signer.public_key()).verify(signer.sign(DATA), DATA, ec.ECDSA(hashes.SHA256()))


def test_a_key_file_signs(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(private_pem(KEY))
    check(FileSigner(tmp_path / "key.pem"))


def test_key_vault_gets_a_digest_and_its_pair_becomes_der(cloud: Cloud, metadata: Cloud) -> None:
    def sign(seen: Seen) -> tuple[int, bytes]:
        request = json.loads(seen.body)
        assert (seen.method, seen.query, request["alg"]) == ("POST", {"api-version": ["7.4"]}, "ES256")
        digest = base64.urlsafe_b64decode(request["value"] + "==")
        assert digest == hashlib.sha256(DATA).digest()
        r, s = decode_dss_signature(KEY.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
        value = base64.urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).rstrip(b"=").decode()
        return 200, json.dumps({"kid": "x", "value": value}).encode()

    numbers = KEY.public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(n.to_bytes(32, "big")).rstrip(b"=").decode() for n in (numbers.x, numbers.y))
    jwk = {"key": {"kid": "x", "kty": "EC", "crv": "P-256", "x": x, "y": y}, "attributes": {"enabled": True}}
    cloud.answers["/keys/peer/v1/sign"] = sign
    cloud.answers["/keys/peer/v1"] = lambda _: (200, json.dumps(jwk).encode())
    check(AzureSigner(f"{cloud.base}/keys/peer/v1", AzureMachine("", metadata.base), cloud.web()))
    wanted = "Bearer azure-token-for-https://vault.azure.net"
    assert {seen.headers["Authorization"] for seen in cloud.seen} == {wanted}


def test_cloud_kms_gets_a_digest_and_answers_der(cloud: Cloud, metadata: Cloud) -> None:
    name = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"

    def sign(seen: Seen) -> tuple[int, bytes]:
        digest = base64.b64decode(json.loads(seen.body)["digest"]["sha256"])
        signature = KEY.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        return 200, json.dumps({"signature": base64.b64encode(signature).decode(), "name": name}).encode()

    cloud.answers[f"/v1/{name}:asymmetricSign"] = sign
    cloud.answers[f"/v1/{name}/publicKey"] = lambda _: (200, json.dumps({"pem": public_pem(KEY)}).encode())
    check(GoogleSigner(name, GoogleMachine(metadata.base), cloud.web(), cloud.base))
    assert {seen.headers["Authorization"] for seen in cloud.seen} == {"Bearer google-token"}


def test_a_blob_is_read_with_the_machines_token(cloud: Cloud, metadata: Cloud) -> None:
    cloud.answers["/container/gateways/a/peers.json"] = lambda _: (200, b"{}")
    store = AzureBlobStore(f"{cloud.base}/container", AzureMachine("c0ffee", metadata.base), cloud.web())
    assert store.read("gateways/a/peers.json", 10) == b"{}"
    assert cloud.seen[0].headers["Authorization"] == "Bearer azure-token-for-https://storage.azure.com/"
    assert cloud.seen[0].headers["X-Ms-Version"] == "2023-11-03"
    assert metadata.seen[0].query["client_id"] == ["c0ffee"]


def test_a_google_object_is_read_with_its_name_as_one_part_of_the_path(cloud: Cloud, metadata: Cloud) -> None:
    cloud.answers["/storage/v1/b/bucket/o/gateways%2Fa%2Fpeers.json"] = lambda _: (200, b"{}")
    store = GoogleStore("bucket", GoogleMachine(metadata.base), cloud.web(), cloud.base)
    assert store.read("gateways/a/peers.json", 10) == b"{}"
    assert cloud.seen[0].query == {"alt": ["media"]}


def test_a_missing_object_differs_from_a_failing_store(cloud: Cloud, metadata: Cloud, tmp_path: Path) -> None:
    store = AzureBlobStore(f"{cloud.base}/container", AzureMachine("", metadata.base), cloud.web())
    with pytest.raises(MissingError):
        store.read("nothing", 10)
    cloud.answers["/container/broken"] = lambda _: (503, b"")
    with pytest.raises(RemoteError, match="answered 503") as fault:
        store.read("broken", 10)
    assert not isinstance(fault.value, MissingError)
    with pytest.raises(MissingError):
        DirectoryStore(tmp_path).read("nothing", 10)


def test_a_redirect_is_refused(cloud: Cloud) -> None:
    cloud.answers["/here"] = lambda _: (302, b"")
    cloud.answers["/elsewhere"] = lambda _: (200, b"gotcha")
    with pytest.raises(RemoteError, match="answered 302"):
        cloud.web().get(f"{cloud.base}/here", 100)
    assert [seen.path for seen in cloud.seen] == ["/here"]


def test_plain_http_an_unknown_root_and_too_many_bytes_are_refused(cloud: Cloud) -> None:
    cloud.answers["/big"] = lambda _: (200, b"x" * 101)
    with pytest.raises(RemoteError, match="is not https"):
        cloud.web().get(cloud.base.replace("https", "http"), 100)
    with pytest.raises(RemoteError, match="certificate verify failed"):
        Web().get(f"{cloud.base}/big", 100)
    with pytest.raises(RemoteError, match="more than 100 bytes"):
        cloud.web().get(f"{cloud.base}/big", 100)


def test_a_server_that_never_ends_its_answer_is_given_up(cloud: Cloud) -> None:
    """The bound is over all of the answer: each single read is in time."""
    held = threading.Event()

    def drip(_: Seen) -> tuple[int, bytes]:
        held.wait(4)
        return 200, b""

    cloud.answers["/slow"] = drip
    with pytest.raises(RemoteError, match=r"no answer|in time"):
        cloud.web().get(f"{cloud.base}/slow", 100)
    held.set()


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "start",
    [HEAD + b"X-A: ", HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;a=", HEAD + b"\r\n", b"HTTP/1.1 404 "],
    ids=["header", "size of a chunk", "body", "reason"],
)
@pytest.mark.parametrize("tls", [True, False])
def test_a_server_that_drips_is_given_up_wherever_it_does(tmp_path: Path, start: bytes, *, tls: bool) -> None:
    """Each single read is in time; nothing but the deadline ends the request, and what came is not taken for whole."""
    certificate(tmp_path, "127.0.0.1")
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    given_up = threading.Event()

    def drip(listening: socket.socket) -> None:
        plain, _ = listening.accept()
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) if tls else plain as connection:
            connection.recv(4096)
            connection.sendall(start)
            while not given_up.wait(0.05):
                connection.sendall(b"a")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=[listening])
        thread.start()
        place = f"127.0.0.1:{listening.getsockname()[1]}/"
        ask = partial(Web(tmp_path / "cert.pem", 1).get, f"https://{place}", 100_000)
        with pytest.raises(RemoteError, match="in time") as fault:
            ask() if tls else MachineWeb(1).get(f"http://{place}", {})
        assert not isinstance(fault.value, MissingError)
        given_up.set()
        thread.join()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield


def test_kms_signs_the_digest(aws: None) -> None:
    kms = boto3.client("kms", region_name="us-east-1")
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    signer = AwsSigner(key, "us-east-1")
    # moto ignores MessageType and hashes what it gets once more, where AWS takes a DIGEST as it is.
    signed = hashlib.sha256(DATA).digest()
    public_key(signer.public_key()).verify(signer.sign(DATA), signed, ec.ECDSA(hashes.SHA256()))


def bucket(name: str) -> None:
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=name)


def test_an_object_of_s3_is_read_and_a_missing_one_told(aws: None) -> None:
    bucket("own-store")
    boto3.client("s3", region_name="us-east-1").put_object(Bucket="own-store", Key="a", Body=b"12345")
    store = S3Store("own-store", "us-east-1")
    assert store.read("a", 5) == b"12345"
    with pytest.raises(RemoteError, match="more than 4 bytes"):
        store.read("a", 4)
    with pytest.raises(MissingError):
        store.read("b", 5)
    with pytest.raises(RemoteError, match="AWS answered NoSuchBucket"):
        S3Store("nobodys", "us-east-1").read("a", 5)


def settings(credential: str, role: str = "arn:aws:iam::123456789012:role/publisher") -> PublishConfig:
    return PublishConfig("s3", "distribution", "us-east-1", role, credential, "sts.amazonaws.com")


@pytest.mark.parametrize("credential", ["instance_role", "google_web_identity", "azure_web_identity"])
def test_a_document_is_published_once_and_never_over_anothers(aws: None, metadata: Cloud, credential: str) -> None:
    bucket("distribution")
    machines = AzureMachine("", metadata.base), GoogleMachine(metadata.base)
    publisher = S3Publisher(settings(credential), *machines)
    assert publisher.last("peers/use1/a.json") is None
    publisher.publish("peers/use1/a.json", b"1", None)
    first = publisher.last("peers/use1/a.json")
    assert first is not None
    assert first.data == b"1"
    publisher.publish("peers/use1/a.json", b"2", first)
    with pytest.raises(RemoteError, match="PreconditionFailed"):
        publisher.publish("peers/use1/a.json", b"3", first)
    with pytest.raises(RemoteError, match="PreconditionFailed"):
        publisher.publish("peers/use1/a.json", b"3", None)
    held = publisher.last("peers/use1/a.json")
    assert held is not None
    assert held.data == b"2"


def test_sts_gets_the_machines_identity_token_for_the_audience(
    aws: None, metadata: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, object]] = []
    made = amazon.client

    def record(params: dict[str, object], **_: object) -> None:
        sent.append(params)

    def recording(
        service: str, region: str, session: amazon.Session | None = None, *, unsigned: bool = False
    ) -> amazon.Client:
        found = made(service, region, session, unsigned=unsigned)
        if service == "sts":
            assert unsigned
            client: Any = found
            client.meta.events.register("provide-client-params.sts.AssumeRoleWithWebIdentity", record)
        return found

    monkeypatch.setattr(amazon, "client", recording)
    bucket("distribution")
    machines = AzureMachine("", metadata.base), GoogleMachine(metadata.base)
    S3Publisher(settings("google_web_identity"), *machines).last("x")
    S3Publisher(settings("azure_web_identity"), *machines).last("x")
    assert [call["WebIdentityToken"] for call in sent] == [
        "header.payload.signature",
        "azure-token-for-sts.amazonaws.com",
    ]
    assert {call["RoleArn"] for call in sent} == {"arn:aws:iam::123456789012:role/publisher"}
    assert metadata.seen[0].query == {"audience": ["sts.amazonaws.com"], "format": ["full"]}


def test_credentials_are_never_shown() -> None:
    assert "secret" not in repr(amazon.Session("secret-id", "secret-key", "secret-token"))


def test_a_folder_refuses_a_second_writer(tmp_path: Path) -> None:
    publisher = DirectoryPublisher(tmp_path)
    publisher.publish("peers/a.json", b"1", None)
    with pytest.raises(RemoteError, match="written by another"):
        publisher.publish("peers/a.json", b"2", None)
    assert (tmp_path / "peers" / "a.json").stat().st_mode & 0o777 == 0o644
