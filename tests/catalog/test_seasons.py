"""Crop years: the key, the windows, and which season a day belongs to."""

from datetime import date

import pytest
from sqlmodel import Session, select

from catalog import seasons as cases
from catalog.models import Season, SeasonWindow
from catalog.product_forms import SeasonIn, WindowIn
from marketplace.accounts.models import Role
from marketplace.core.audit import SYSTEM
from tests import factories as make
from tests.catalog.looking import seen
from tests.factories import NOW


def a_year(start: int, **values: object) -> SeasonIn:
    given = {"key": f"{start}-{start + 1}", "starts_on": date(start, 9, 1), "ends_on": date(start + 1, 5, 31)}
    return SeasonIn.model_validate({**given, **values})


def a_window(season: Season, first: date, last: date) -> WindowIn:
    return WindowIn(season_id=season.id or 0, first_day=first, last_day=last)


@pytest.mark.parametrize(
    "key", ["2021", "2021-2023", "2022-2021", "21-22", "2021/2022", "1999-2000", "2021-2022x"]
)
def test_a_key_is_two_years_in_a_row(db, key):
    with pytest.raises(cases.NotASeasonKey):
        cases.add_season(db, SYSTEM, a_year(2021, key=key))
    assert db.exec(select(Season)).all() == []


def test_a_season_is_opened_once(db: Session) -> None:
    cases.add_season(db, SYSTEM, a_year(2021))
    db.commit()

    with pytest.raises(cases.SeasonExists):
        cases.add_season(db, SYSTEM, a_year(2021, starts_on=date(2021, 10, 1)))
    assert [season.starts_on for season in cases.seasons(db)] == [date(2021, 9, 1)]


@pytest.mark.parametrize(
    ("days", "refusal"),
    [
        ({"ends_on": date(2021, 8, 1)}, cases.EndsBeforeStart),
        ({"starts_on": date(2020, 9, 1)}, cases.NotOfThisSeason),
        ({"ends_on": date(2023, 5, 31)}, cases.NotOfThisSeason),
    ],
)
def test_days_outside_the_key_are_refused(db, days, refusal):
    with pytest.raises(refusal):
        cases.add_season(db, SYSTEM, a_year(2021, **days))


def test_a_new_season_repeats_the_windows_of_the_last(db: Session) -> None:
    product = make.a_product(db)
    first = cases.add_season(db, SYSTEM, a_year(2019))
    cases.set_window(db, SYSTEM, product, a_window(first, date(2019, 11, 1), date(2020, 2, 29)), now=NOW)

    following = cases.add_season(db, SYSTEM, a_year(2020))

    window = cases.window_of(db, product.id or 0, following.id or 0)
    assert window is not None
    assert (window.first_day, window.last_day) == (date(2020, 11, 1), date(2021, 2, 28))


def test_a_window_set_again_changes_its_days(db: Session) -> None:
    product, season = make.a_product(db), cases.add_season(db, SYSTEM, a_year(2021))
    for day in (1, 10):
        cases.set_window(
            db, SYSTEM, product, a_window(season, date(2021, 11, day), date(2022, 1, 31)), now=NOW
        )

    assert [row.first_day for row in db.exec(select(SeasonWindow))] == [date(2021, 11, 10)]


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        (date(2022, 1, 2), date(2022, 1, 1), cases.EndsBeforeStart),
        (date(2021, 8, 31), date(2022, 1, 1), cases.NotOfThisSeason),
        (date(2021, 11, 1), date(2022, 9, 2), cases.NotOfThisSeason),
    ],
)
def test_a_window_outside_its_season_is_refused(db, first, last, refusal):
    product, season = make.a_product(db), cases.add_season(db, SYSTEM, a_year(2021))

    with pytest.raises(refusal):
        cases.set_window(db, SYSTEM, product, a_window(season, first, last), now=NOW)
    assert db.exec(select(SeasonWindow)).all() == []


def test_the_season_is_never_the_year_of_the_day(db: Session) -> None:
    product = make.a_product(db)
    older, newer = (cases.add_season(db, SYSTEM, a_year(start)) for start in (2020, 2021))

    assert cases.season_of(db, product, date(2021, 1, 15)) == older
    assert cases.season_of(db, product, date(2021, 12, 15)) == newer
    assert cases.season_of(db, product, date(2022, 1, 15)) == newer
    assert cases.season_of(db, product, date(2021, 7, 1)) is None


def test_a_window_past_the_season_still_belongs_to_it(db: Session) -> None:
    tea, oranges = make.a_product(db, name="Trà"), make.a_product(db)
    season = cases.add_season(db, SYSTEM, a_year(2020))
    cases.set_window(db, SYSTEM, tea, a_window(season, date(2020, 9, 1), date(2021, 8, 31)), now=NOW)

    assert cases.season_of(db, tea, date(2021, 7, 1)) == season
    assert cases.season_of(db, oranges, date(2021, 7, 1)) is None


def test_the_window_ends_with_its_last_day(db: Session) -> None:
    product, season = make.a_product(db), cases.add_season(db, SYSTEM, a_year(2021))
    assert cases.in_window(db, product, season, date(2021, 9, 1))
    cases.set_window(db, SYSTEM, product, a_window(season, date(2021, 11, 1), date(2022, 1, 31)), now=NOW)

    days = [date(2021, 10, 31), date(2021, 11, 1), date(2022, 1, 31), date(2022, 2, 1)]
    assert [cases.in_window(db, product, season, day) for day in days] == [False, True, True, False]


def test_the_office_opens_a_season_and_sets_a_window(db, engine, as_account):
    office, product = make.an_account(db, Role.COORDINATOR), make.a_product(db)
    db.commit()
    browser = as_account(office)
    typed = {"key": "2021-2022", "starts_on": "1/9/2021", "ends_on": "31-05-2022"}

    assert 'value="2021-2022"' in browser.get("/nien-vu/moi").text
    assert browser.post("/nien-vu/moi", data=typed).status_code == 303
    again = browser.post("/nien-vu/moi", data=typed)
    [season] = seen(engine, select(Season))
    window = {"season_id": season.id, "first_day": "01/11/2021", "last_day": "31/01/2022"}
    assert browser.post(f"/san-pham/{product.id}/mua-vu", data=window).status_code == 303
    wrong = browser.post(f"/san-pham/{product.id}/mua-vu", data={**window, "last_day": "30/02/2022"})

    assert again.status_code == 422
    assert "Niên vụ 2021-2022 đã có" in again.text
    assert wrong.status_code == 422
    assert 'value="30/02/2022"' in wrong.text
    assert "01/11/2021 đến 31/01/2022" in browser.get("/nien-vu").text
