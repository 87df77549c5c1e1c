import json
import stat

import pytest

from stack.errors import DamagedHome, ForeignHome
from stack.local.home import MARKER, ensure_home
from stack.settings import SECRETS, Settings


class TestEnsureHome:
    def test_makes_a_marker_and_secrets_that_only_we_can_read(self, new_home: Settings) -> None:
        made = ensure_home(new_home)
        assert json.loads((made.home / MARKER).read_text()) == {"format": 1}
        assert stat.S_IMODE((made.home / "secrets.json").stat().st_mode) == 0o600
        assert all(len(getattr(made, name).get_secret_value()) >= 32 for name in SECRETS)

    def test_keeps_the_secrets_at_the_second_start(self, new_home: Settings) -> None:
        assert ensure_home(new_home).secret_key == ensure_home(new_home).secret_key

    def test_adds_a_secret_that_an_older_version_did_not_know(self, new_home: Settings) -> None:
        ensure_home(new_home)
        stored = new_home.home / "secrets.json"
        older = {name: value for name, value in json.loads(stored.read_text()).items() if name != "service_key"}
        stored.write_text(json.dumps(older))
        mended = ensure_home(new_home)
        assert mended.service_key.get_secret_value()
        assert mended.secret_key.get_secret_value() == older["secret_key"]

    def test_keeps_the_ports_that_were_given(self, new_home: Settings) -> None:
        assert ensure_home(new_home).port == new_home.port

    def test_writes_no_secrets_in_production(self, new_home: Settings) -> None:
        given = Settings(home=new_home.home, environment="production", secret_key="s" * 32, service_key="k" * 32)
        assert ensure_home(given).secret_key.get_secret_value() == "s" * 32
        assert not (new_home.home / "secrets.json").exists()


class TestRefusal:
    def test_of_somebody_else_s_folder(self, new_home: Settings) -> None:
        (new_home.home / "thesis.doc").write_text("mine")
        with pytest.raises(ForeignHome, match="set LMS_HOME") as refused:
            ensure_home(new_home)
        assert refused.value.exit_code == 3
        assert [path.name for path in new_home.home.iterdir()] == ["thesis.doc"]

    def test_of_a_file_where_the_folder_should_be(self, new_home: Settings) -> None:
        (new_home.home / "file").write_text("")
        with pytest.raises(ForeignHome, match="not a folder"):
            ensure_home(Settings(home=new_home.home / "file", port=new_home.port))

    @pytest.mark.parametrize("marker", ["", "not json", "[]", "{}", '{"format": "1"}', '{"format": 2}'])
    def test_of_a_marker_that_is_damaged_or_newer(self, new_home: Settings, marker: str) -> None:
        (new_home.home / MARKER).write_text(marker)
        with pytest.raises(DamagedHome, match=str(new_home.home)) as refused:
            ensure_home(new_home)
        assert refused.value.exit_code == 4

    @pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
    def test_of_damaged_secrets(self, new_home: Settings, content: str) -> None:
        ensure_home(new_home)
        (new_home.home / "secrets.json").write_text(content)
        with pytest.raises(DamagedHome, match=r"secrets\.json"):
            ensure_home(new_home)
        assert (new_home.home / "secrets.json").read_text() == content
