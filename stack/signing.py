"""How one of our processes proves to another that a request is its own: HMAC-SHA256 with the service key."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex

from stack.settings import Settings

TIMESTAMP = "X-Campus-Timestamp"
NONCE = "X-Campus-Nonce"
SIGNATURE = "X-Campus-Signature"
WINDOW_SECONDS = 300
"""How far two clocks may be apart. A receiver must remember nonces for twice as long."""


class SignatureRefused(Exception):
    """The request isn't provably ours; the message says which part failed and never what would have passed."""


@dataclass(frozen=True)
class Proof:
    """What a verified request carried; the receiver still has to see that the nonce comes only once."""

    nonce: str
    timestamp: int


def sign(settings: Settings, *, method: str, path: str, body: bytes) -> dict[str, str]:
    """Headers for this very request; `path` has no query. Wall clock, for a replay must not age a signature."""
    timestamp, nonce = str(int(time.time())), token_hex(16)
    signature = _signature(settings, method=method, path=path, timestamp=timestamp, nonce=nonce, body=body)
    return {TIMESTAMP: timestamp, NONCE: nonce, SIGNATURE: signature}


def verify(settings: Settings, *, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Proof:
    """Raises `SignatureRefused` for what is missing, too old, too new, or not signed with our key."""
    given = {name.lower(): value for name, value in headers.items()}
    try:
        timestamp, nonce, signature = (given[name.lower()] for name in (TIMESTAMP, NONCE, SIGNATURE))
    except KeyError as missing:
        raise SignatureRefused(f"the header {missing.args[0]} is missing") from None
    expected = _signature(settings, method=method, path=path, timestamp=timestamp, nonce=nonce, body=body)
    # As bytes: compare_digest refuses text beyond ASCII, which a header may hold.
    if not hmac.compare_digest(expected.encode(), signature.encode(errors="replace")):
        raise SignatureRefused("the signature does not fit this request")
    if not 16 <= len(nonce) <= 64:
        raise SignatureRefused("the nonce has not 16 to 64 characters")
    return Proof(nonce=nonce, timestamp=_in_window(timestamp))


def _in_window(timestamp: str) -> int:
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise SignatureRefused("the timestamp is not in whole seconds")
    if abs(time.time() - int(timestamp)) > WINDOW_SECONDS:
        raise SignatureRefused(f"the timestamp is more than {WINDOW_SECONDS} s from this machine's clock")
    return int(timestamp)


def _signature(settings: Settings, *, method: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    key = settings.service_key.get_secret_value()
    if not key:
        # An empty key would sign for everybody.
        raise SignatureRefused("this process has no service key: set LMS_SERVICE_KEY or start the stores first")
    said = "\n".join((method.upper(), path, timestamp, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(key.encode(), said.encode(errors="replace"), hashlib.sha256).hexdigest()
