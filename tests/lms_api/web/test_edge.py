"""What every page's answer carries, and which posts are turned away; on the bare screens, without a store."""

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from lms_api.predictions.schemas import Board
from lms_api.web.app import add_screens
from lms_api.web.patterns import samples
from lms_api.web.templates import HERE, STATIC, environment, static
from lms_api.web.viewer import nobody


@pytest.fixture
def bare() -> Iterator[TestClient]:
    app = FastAPI()
    add_screens(app)

    @app.post("/changes")
    def changes() -> str:
        return "changed"

    @app.post("/api/v1/changes")
    def api_changes() -> str:
        return "changed"

    with TestClient(app, base_url="http://campus.test") as client:
        yield client


class TestHeaders:
    def test_pages_allow_only_what_is_ours(self, bare: TestClient) -> None:
        answer = bare.get("/patterns")
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self'")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"

    def test_says_where_the_time_went(self, bare: TestClient) -> None:
        assert re.fullmatch(r"total;dur=[\d.]+, render;dur=[\d.]+", bare.get("/patterns").headers["server-timing"])

    def test_an_unchanged_page_is_not_sent_again(self, bare: TestClient) -> None:
        etag = bare.get("/patterns").headers["etag"]
        again = bare.get("/patterns", headers={"if-none-match": etag})
        assert again.status_code == 304
        assert again.content == b""

    def test_the_api_is_left_alone(self, bare: TestClient) -> None:
        answer = bare.post("/api/v1/changes")
        assert answer.status_code == 200
        assert "content-security-policy" not in answer.headers


class TestForeignPosts:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"origin": "https://evil.test"},
            {"origin": "null"},
            {"origin": "https://campus.test.evil.test"},
            {"origin": "https://evil.test", "sec-fetch-site": "same-origin"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "none"},
        ],
    )
    def test_are_refused(self, bare: TestClient, headers: dict[str, str]) -> None:
        assert bare.post("/changes", headers=headers).status_code == 403

    @pytest.mark.parametrize(
        "headers",
        [{"origin": "http://campus.test"}, {"origin": "https://campus.test"}, {"sec-fetch-site": "same-origin"}],
    )
    def test_our_own_are_let_in(self, bare: TestClient, headers: dict[str, str]) -> None:
        assert bare.post("/changes", headers=headers).status_code == 200


class TestFiles:
    def test_are_kept_for_a_year_under_their_hash(self, bare: TestClient) -> None:
        assert "immutable" in bare.get(static("campus.css")).headers["cache-control"]
        assert "immutable" not in bare.get("/static/campus.css").headers.get("cache-control", "")

    def test_weigh_little_on_the_wire(self, bare: TestClient) -> None:
        names = ["campus.css", "poll.js", "mark.svg", "vendor/htmx.min.js", "vendor/idiomorph-ext.min.js"]
        sent = [int(bare.get(static(name)).headers["content-length"]) for name in names]
        assert sum(sent) < 32_000

    def test_the_sheet_uses_colours_only_through_tokens(self) -> None:
        sheet = (STATIC / "campus.css").read_text()
        beyond_tokens = sheet[: sheet.index("@layer tokens {")] + sheet[sheet.index("@layer base {") :]
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b", beyond_tokens) == []
        assert "light-dark(" in sheet
        assert "forced-colors" in sheet


class TestALongBoard:
    def test_a_hundred_rows_weigh_little(self) -> None:
        now = datetime.now(UTC)
        first = samples(now)[0]
        rows = tuple(first.model_copy(update={"enrollment_id": uuid4(), "prediction_id": uuid4()}) for _ in range(100))
        board = Board(
            course_id=uuid4(),
            course="A large one",
            made_up=True,
            rows=rows,
            more=0,
            never_started=(),
            learners=100,
            without_data=(),
            opted_out=0,
            switched_off=False,
            stale=False,
            ended=False,
            newest_as_of=now,
            model_version="risk.example@3",
            model_kind="xgboost",
            message="",
        )
        page = {"board": board, "flagged": rows, "on_track": (), "everybody": True, "notice": ""}
        html = environment().get_template("board.html").render({**nobody(), **page})
        assert html.count("data-prediction-id") == 100
        assert len(gzip.compress(html.encode(), 6)) < 28_000  # beside 32,000 of files


class TestTemplates:
    def test_have_no_script_and_no_style_of_their_own(self) -> None:
        for template in (HERE / "templates").glob("*.html"):
            source = template.read_text()
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", source), (
                template.name
            )
