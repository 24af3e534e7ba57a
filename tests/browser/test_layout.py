"""Every page of every role in Chromium: fits a small phone, can be tapped, is light, asks nobody else."""

import gzip
from typing import Any

import pytest

from marketplace.accounts.models import Role
from marketplace.accounts.permissions import MAY
from tests.bad_input.test_forms import asked
from tests.browser.conftest import DESK, PHONE, Window
from tests.security.crawling import NO_FILE, all_of, path_of, rules_of

pytestmark = pytest.mark.browser

NARROW = {"width": 320, "height": 640}
NO_PAGE = NO_FILE | {
    "health", "offline.token", "training_exports.trainings", "training_exports.entries",
    "training_exports.roster", "reports.tonnage_export", "chain.export", "home", "awards.class_pdf",
    "awards.award_pdf", "household_money.file",
}  # fmt: skip
KILOBYTE = 1024
MOST = {Role.FARMER: 30 * KILOBYTE, Role.EXTENSION: 60 * KILOBYTE, Role.COORDINATOR: 60 * KILOBYTE,
        Role.ADMIN: 60 * KILOBYTE}  # fmt: skip

MEASURE = """() => {
  const seen = (one) => {
    const box = one.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && one.checkVisibility();
  };
  const inline = (one) => one.tagName === 'A' && getComputedStyle(one).display === 'inline';
  const small = [...document.querySelectorAll('main a, main button, main input, main select, main textarea, '
    + 'main summary, nav a, header a, header button, header summary')]
    .filter((one) => one.type !== 'hidden' && seen(one) && !inline(one))
    .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
    .filter(([, box]) => box.height < 47.5 || box.width < 47.5)
    .map(([text, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${text}`);
  const wide = [...document.querySelectorAll('body *')]
    .filter((one) => seen(one) && !one.closest('.scroll')
      && one.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
    .map((one) => one.outerHTML.slice(0, 100)).slice(0, 3);
  return {
    small, wide,
    sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    letters: parseFloat(getComputedStyle(document.body).fontSize),
    heading: document.querySelectorAll('h1').length,
  };
}"""


def paths_of(app, world, role: Role) -> list[str]:
    rules = [rule for rule in rules_of(app) if "GET" in rule.methods and rule.endpoint not in NO_PAGE]
    mine = [rule for rule in rules if role.value in MAY[rule.endpoint]]
    paths = []
    for rule in mine:
        path = path_of(app, rule, all_of(rule, world.own), world.goods)
        further = asked(rule.endpoint, world) or (
            f"?ho={world.own.household.id}" if rule.endpoint == LOT else ""
        )
        paths += [path, path + further] if further else [path]
    return paths


LOT = "lots.lot_new"


@pytest.mark.parametrize("role", list(Role))
def test_every_page_is_light_fits_a_small_phone_and_can_be_tapped(app, world, season, window, role):
    """Light is what a phone with an empty cache fetches for a page, scripts among it, compressed."""
    phone: Window = window(NARROW, scripts=True)
    phone.log_in(world.people[role])
    network = phone.page.context.new_cdp_session(phone.page)
    wrong: list[str] = []
    for path in paths_of(app, world, role):
        weighed = role == Role.FARMER or path.count("/") == 1
        if weighed:
            phone.page.goto("about:blank")  # whatever the page before still asks for ends here
            phone.answers.clear()
        network.send("Network.setCacheDisabled", {"cacheDisabled": weighed})
        answer = phone.open(path)
        assert answer is not None
        assert answer.status == 200, path
        found = phone.page.evaluate(MEASURE)
        wrong += [f"{path}: {one}" for one in complaints(found)]
        if weighed and (size := weight(phone)) > MOST[role]:
            wrong.append(f"{path}: {size} bytes")
    assert wrong == [], "\n".join(wrong)
    assert phone.clean()


def complaints(found: dict[str, Any]) -> list[str]:
    said = [f"too small: {one}" for one in found["small"]]
    if found["sideways"] > 0:
        said.append(f"{found['sideways']} px too wide: {found['wide']}")
    if found["letters"] < 18:
        said.append(f"letters of {found['letters']} px")
    if found["heading"] != 1:
        said.append(f"{found['heading']} main headings")
    return said


def weight(phone: Window) -> int:
    """Bytes of a page and everything it names, each as a server would compress it."""
    bodies = {answer.url: answer for answer in phone.answers if answer.status == 200}
    assert any(url.split("?")[0].endswith(("/lensan.css", "/award-print.css")) for url in bodies)
    return sum(len(gzip.compress(answer.body(), 6)) for answer in bodies.values())


@pytest.mark.parametrize("role", list(Role))
def test_pages_can_be_read_in_the_dark(app, world, season, window, role):
    dark = window(PHONE, scripts=True, color_scheme="dark")
    dark.log_in(world.people[role])
    dark.open("/")
    colours = dark.page.evaluate(
        "() => { const made = getComputedStyle(document.body); return [made.backgroundColor, made.color]; }"
    )
    dark.picture(f"dark-{role.value}")
    ground, ink = (brightness(colour) for colour in colours)
    assert ground < 60
    assert ink > 190
    assert dark.clean()


def brightness(colour: str) -> float:
    red, green, blue = (float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3])
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_the_door_and_error_pages_look_like_the_rest(window, world):
    phone = window(NARROW, scripts=True)
    for path, status in (("/dang-nhap", 200), ("/khong-co", 404), ("/-/health", 200)):
        answer = phone.open(path)
        assert answer.status == status
        if status == 404 or path == "/dang-nhap":
            assert complaints(phone.page.evaluate(MEASURE)) == []
    phone.open("/dang-nhap")
    phone.picture("door-320")
    desk = window(DESK)
    desk.open("/dang-nhap")
    desk.picture("door-1280")
    assert phone.clean()
