"""Templates: they compile, hold nothing inline, name no other host, and print no variable unescaped."""

import re

import pytest
from flask import Flask

from tests.house_rules.sources import ROOT, text_of, tracked

TEMPLATES = [name for name in tracked() if name.startswith("templates/") and name.endswith(".html")]
STYLES = [
    name
    for name in tracked()
    if name.startswith("marketplace/static/") and name.endswith((".css", ".js", ".svg"))
]


def markup(name: str) -> str:
    """The template without its comments."""
    return re.sub(r"(?s)\{#.*?#\}", "", text_of(name))


def test_every_template_compiles(app: Flask):
    with app.app_context():
        for name in TEMPLATES:
            app.jinja_env.get_template(name.removeprefix("templates/"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_holds_nothing_inline(name):
    text = markup(name)

    assert re.findall(r"<[a-z][^>]*\s(?:style|on[a-z]+)\s*=", text) == []
    assert re.findall(r"<style[\s>]|javascript:", text) == []
    assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", text) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_names_no_other_host(name):
    assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", markup(name)) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_form_that_posts_carries_its_token(name):
    text = markup(name)
    for form in re.findall(r"(?s)<form\b.*?</form>", text):
        if re.search(r"method=[\"']post", form):
            assert "csrf" in form, form[:120]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_trusts_nothing_as_markup(name):
    assert "|safe" not in re.sub(r"\s", "", markup(name))
    assert "autoescape false" not in markup(name)


@pytest.mark.parametrize("name", STYLES)
def test_styles_and_drawings_fetch_nothing_from_elsewhere(name):
    text = re.sub(r"xmlns(:\w+)?=[\"'][^\"']+[\"']", "", text_of(name))

    assert re.findall(r"https?://[^\s\"')]+", text) == []
    assert "@import" not in text


def test_every_template_is_used():
    code = "\n".join(text_of(name) for name in tracked() if name.endswith((".py", ".html")))
    unused = [
        name
        for name in TEMPLATES
        if not name.startswith("templates/errors/") and name.removeprefix("templates/") not in code
    ]
    assert unused == []
    assert (ROOT / "templates/errors/500.html").exists()
