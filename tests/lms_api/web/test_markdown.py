"""A lesson's text is written by people; what reaches a browser is only what we let through."""

import pytest

from lms_api.web.markdown import to_html


def test_keeps_what_a_lesson_needs() -> None:
    html = to_html("# Series\n\nLook **first**.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[more](https://example.org)")
    assert "<h2>Series</h2>" in html
    assert "<strong>first</strong>" in html
    assert "<td>1</td>" in html
    assert 'href="https://example.org"' in html


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        '<a href="https://a" style="color:red" onclick="x()">x</a>',
        "<svg><style>*{}</style></svg>",
        "![x](javascript:alert(1))",
    ],
)
def test_lets_no_script_and_no_style_through(attack: str) -> None:
    html = to_html(attack)
    for forbidden in ("<script", "<img", "<svg", "<style", 'href="javascript', 'href="data', "<a href", "<p onclick"):
        assert forbidden not in html


def test_nothing_is_nothing() -> None:
    assert to_html(None) == to_html("") == ""
