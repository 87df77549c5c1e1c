"""A request is believed only when it is whole, fresh and signed with the service key."""

import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from stack.settings import Settings
from stack.signing import NONCE, SIGNATURE, TIMESTAMP, WINDOW_SECONDS, SignatureRefused, sign, verify

PATH = "/api/v1/predictions/batches"
BODY = b'{"a": 1}'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, service_key=SecretStr("k" * 40))


class TestSign:
    def test_is_verified_by_the_same_key(self, settings: Settings) -> None:
        headers = sign(settings, method="post", path=PATH, body=BODY)
        proof = verify(settings, method="POST", path=PATH, body=BODY, headers=headers)
        assert proof.nonce == headers[NONCE]
        assert abs(proof.timestamp - time.time()) < 5

    def test_header_names_may_come_in_any_case(self, settings: Settings) -> None:
        headers = {name.lower(): value for name, value in sign(settings, method="POST", path=PATH, body=BODY).items()}
        assert verify(settings, method="POST", path=PATH, body=BODY, headers=headers).nonce

    def test_every_request_has_a_nonce_of_its_own(self, settings: Settings) -> None:
        first, second = (sign(settings, method="POST", path=PATH, body=BODY) for _ in range(2))
        assert first[NONCE] != second[NONCE]
        assert first[SIGNATURE] != second[SIGNATURE]


class TestVerify:
    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [("PUT", PATH, BODY), ("POST", PATH + "x", BODY), ("POST", PATH, BODY + b" ")],
        ids=["method", "path", "body"],
    )
    def test_refuses_another_request(self, settings: Settings, method: str, path: str, body: bytes) -> None:
        headers = sign(settings, method="POST", path=PATH, body=BODY)
        with pytest.raises(SignatureRefused, match="does not fit"):
            verify(settings, method=method, path=path, body=body, headers=headers)

    @pytest.mark.parametrize("header", [NONCE, TIMESTAMP])
    def test_refuses_a_changed_header(self, settings: Settings, header: str) -> None:
        headers = sign(settings, method="POST", path=PATH, body=BODY)
        headers[header] = headers[header][::-1] if header == NONCE else str(int(headers[header]) + 1)
        with pytest.raises(SignatureRefused, match="does not fit"):
            verify(settings, method="POST", path=PATH, body=BODY, headers=headers)

    @pytest.mark.parametrize("header", [NONCE, TIMESTAMP, SIGNATURE])
    def test_refuses_without_a_header(self, settings: Settings, header: str) -> None:
        headers = sign(settings, method="POST", path=PATH, body=BODY)
        del headers[header]
        with pytest.raises(SignatureRefused, match="missing"):
            verify(settings, method="POST", path=PATH, body=BODY, headers=headers)

    def test_refuses_another_key(self, settings: Settings) -> None:
        other = settings.model_copy(update={"service_key": SecretStr("o" * 40)})
        with pytest.raises(SignatureRefused, match="does not fit"):
            verify(
                settings, method="POST", path=PATH, body=BODY, headers=sign(other, method="POST", path=PATH, body=BODY)
            )

    def test_refuses_a_signature_beyond_ascii(self, settings: Settings) -> None:
        headers = {**sign(settings, method="POST", path=PATH, body=BODY), SIGNATURE: "ä" * 64}
        with pytest.raises(SignatureRefused, match="does not fit"):
            verify(settings, method="POST", path=PATH, body=BODY, headers=headers)

    @pytest.mark.parametrize("seconds", [-WINDOW_SECONDS - 5, WINDOW_SECONDS + 5], ids=["too old", "too new"])
    def test_refuses_outside_the_window(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, seconds: int
    ) -> None:
        moment = time.time() + seconds
        with monkeypatch.context() as patched:
            patched.setattr("stack.signing.time.time", lambda: moment)
            headers = sign(settings, method="POST", path=PATH, body=BODY)
        with pytest.raises(SignatureRefused, match="clock"):
            verify(settings, method="POST", path=PATH, body=BODY, headers=headers)

    def test_an_empty_key_signs_for_nobody(self, settings: Settings) -> None:
        keyless = settings.model_copy(update={"service_key": SecretStr("")})
        with pytest.raises(SignatureRefused, match="LMS_SERVICE_KEY"):
            sign(keyless, method="POST", path=PATH, body=BODY)
