"""Whether a text is what it is taken for: PEM certificates and nothing else."""

import base64
import binascii
import re

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s(.*?)-----END \1-----", re.DOTALL)
_SEQUENCE = 0x30
"""Tag of an ASN.1 sequence, with which every certificate begins (ITU-T X.690 section 8.9)."""


def pem_fault(text: str) -> tuple[str, str] | None:
    """What is wrong with a text that should be PEM certificates, and what to do; None where nothing is.

    A certificate's dates and signature are not looked at: what reads it does that.
    """
    if "PRIVATE KEY" in text:
        return "holds a private key.", "Give certificates only, and replace that key."
    blocks = _BLOCK.findall(text)
    if not any(kind == "CERTIFICATE" for kind, _ in blocks):
        return "holds no PEM certificate.", "Paste the CA's certificate."
    for number, (kind, body) in enumerate(blocks, start=1):
        if kind != "CERTIFICATE" or not _is_whole_sequence(body):
            return f"block {number} is no certificate.", "Paste it whole, from BEGIN CERTIFICATE to END CERTIFICATE."
    rest = _BLOCK.sub("", text)
    if "-----" in rest:
        return "ends within a certificate.", "Paste it whole, from BEGIN CERTIFICATE to END CERTIFICATE."
    return None


def _is_whole_sequence(body: str) -> bool:
    try:
        der = base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error:
        return False
    # A certificate is longer than 127 bytes and shorter than 64 KiB: its length takes one or two bytes more.
    if len(der) < 4 or der[0] != _SEQUENCE or der[1] not in {0x81, 0x82}:
        return False
    width = der[1] & 0x7F
    return len(der) == 2 + width + int.from_bytes(der[2 : 2 + width])
