"""A person at a browser without JavaScript: pages read, links found, buttons pressed."""

import html
import re
from typing import Any

from flask.testing import FlaskClient


def page_of(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def found(pattern: str, page: str) -> str:
    """The one group of the first match, which must be there."""
    match = re.search(pattern, page)
    assert match is not None, pattern
    return html.unescape(match[1])


def sent(browser: FlaskClient, page: str, words: str, **values: Any) -> str:
    """Press the button `words`; the address one is led to."""
    form = next(one for one in re.findall(r"<form.*?</form>", page, re.S) if f"<span>{words}</span>" in one)
    path = re.search(r'action="([^"]+)"', form)
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)
    button = re.search(rf'<button[^>]*name="([^"]+)" value="([^"]+)"[^>]*>[^/]*<span>{words}', form)
    assert path is not None
    data = {**dict(hidden), **(dict([button.groups()]) if button else {}), **values}
    answer = browser.post(html.unescape(path[1]), data=data)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"])
