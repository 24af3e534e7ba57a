"""The chain as files: the same figures as on the pages, what is hidden there is hidden here."""

from collections.abc import Mapping, Sequence

from marketplace.core.i18n import N_
from marketplace.core.tables import Cell, Sheet, Words
from marketplace.core.units import date_vi, datetime_vi
from marketplace.reports.chain import GRAMS, MEASURE_LABELS, Chain, Measure
from marketplace.reports.chain_classes import MEASURES, NEVER_MEASURES, ClassTable
from marketplace.reports.chain_figures import SUPPRESSION, Row, hash_of
from marketplace.reports.chain_grouped import TRAINED_MEASURES, GroupTable
from marketplace.reports.chain_groups import GROUP_LABELS, Group
from marketplace.reports.chain_pages import HIDDEN, host_label
from marketplace.reports.exports import DEFINITION, ROUNDING, kilograms

DEFINITIONS = (
    N_(
        "Chỉ tính lớp đã tổ chức và đã chốt điểm danh. Được mời: có tên trong danh sách của lớp trước ngày "
        "học. Có chỗ: được xếp chỗ, không kể người đến tại lớp. Có mặt: dự ít nhất một buổi. Có chứng nhận: "
        "có mặt và giấy chưa bị thu hồi."
    ),
    N_(
        "Có gian hàng: hộ có gian hàng riêng, hoặc chào bán của hộ đã đăng ở một gian hàng, hoặc hàng của hộ "
        "nằm trong kho chung của bên có gian hàng. Có tin đăng: chào bán của hộ hoặc của kho chung có hàng "
        "của hộ đã được đăng. Đã bán: có hàng giao thành công qua sàn. Tất cả tính đến hết ngày cuối kỳ; "
        "“từ sau lớp” là bắt đầu sau ngày cuối của lớp."
    ),
    N_(
        "Một hộ dự nhiều lớp được tính ở mỗi lớp, nhưng dòng cộng chỉ tính một lần. Cột “tính cho lớp đầu "
        "tiên” ghi cả kỳ của một hộ cho lớp đầu tiên hộ dự, nên cộng với hộ chưa học và hàng chưa rõ hộ thì "
        "đúng bằng sản lượng của kỳ, đến từng gam."
    ),
    N_(
        "Hộ nghèo theo năm của lớp; tuổi theo năm của lớp; với hộ chưa từng học là năm đầu của kỳ. Số người "
        "chia theo giới tính và tuổi của từng người; số hộ và kilôgam chia theo chủ hộ."
    ),
)


def question_words(chain: Chain, *, say: Words = str) -> str:
    """The filters in words, for the head of a page or file."""
    asked = chain.asked
    parts = []
    if asked.commune_id is not None:
        names = {one.commune_id: one.commune for one in chain.facts.classes}
        parts.append(f"{say(N_('Xã mở lớp'))}: {names.get(asked.commune_id, asked.commune_id)}")
    if asked.host is not None:
        parts.append(f"{say(N_('Đơn vị đứng lớp'))}: {say(host_label(asked.host))}")
    return " · ".join(parts) or say(N_("tất cả"))


def chain_sheet(
    table: ClassTable, what: str, by: Group, measure: Measure, *, user: str, words: str, say: Words = str
) -> Sheet:
    """One of the tables with its head: classes, groups, or class by group."""
    about = _about(table.chain, user, words, say)
    hashed = chain_hash(table, what, by, measure)
    return Sheet([*about, (say(N_("Mã kiểm")), hashed)], *_table(table, what, by, measure, say))


def chain_hash(table: ClassTable, what: str, by: Group, measure: Measure) -> str:
    """The hash of a table as it is shown, in whatever language."""
    facts = {**table.chain.asked.facts(), "table": what}
    facts |= {"by": by.value} if what != "classes" else {}
    facts |= {"measure": measure.value} if what == "cross" else {}
    head, rows, foot = _table(table, what, by, measure, str)
    return hash_of(facts, [head, *rows, foot])


Table = tuple[list[str], list[list[Cell]], list[Cell]]


def _table(table: ClassTable, what: str, by: Group, measure: Measure, say: Words) -> Table:
    if what == "groups":
        return _groups(GroupTable(table, by), say)
    if what == "cross":
        return _cross(GroupTable(table, by), measure, say)
    return _classes(table, say)


def _about(chain: Chain, user: str, words: str, say: Words) -> list[tuple[str, str]]:
    span = chain.asked.period
    return [
        (say(N_("Báo cáo")), say(N_("Từ lớp tập huấn đến kilôgam"))),
        (say(N_("Kỳ")), f"{date_vi(span.first)} – {date_vi(span.last)}"),
        (say(N_("Chỉ tính")), words),
        *((say(N_("Cách tính")), say(sentence)) for sentence in (*DEFINITIONS, DEFINITION)),
        (say(N_("Ô ẩn")), say(SUPPRESSION)),
        (say(N_("Làm tròn")), say(ROUNDING)),
        (say(N_("Số liệu lúc")), datetime_vi(chain.data_as_of)),
        (say(N_("Người xuất")), user),
    ]


def _classes(table: ClassTable, say: Words) -> Table:
    """Classes, then courses, then where the rest of the season is credited; the sum of the season last."""
    head = [say(N_("Lớp")), say(N_("Khóa học")), say(N_("Ngày cuối")), say(N_("Xã mở lớp"))]
    head += _heads(MEASURES, say)
    rows: list[list[Cell]] = []
    for row in table.classes:
        one = row.one
        of: list[Cell] = [one.course, one.ends_on, one.commune] if one else []
        rows.append([row.label, *of, *_cells(row, MEASURES, say)])
    for row in table.course_rows:
        rows.append([say(N_("Cả khóa học")), row.label, None, None, *_cells(row, MEASURES, say)])
    rest = (
        (N_("Mọi lớp trên đây"), table.all),
        (N_("Lớp ngoài điều kiện lọc"), table.others),
        (N_("Hộ chưa từng học"), table.never),
        (N_("Chưa gắn với hộ nào"), table.nobody),
    )
    for label, row in rest:
        figures = dict(row.figures)
        if row in (table.never, table.nobody):
            figures[Measure.CREDITED] = figures.pop(Measure.SEASON)
        cells = _cells(Row(row.key, label, figures), MEASURES, say)
        rows.append([say(label), None, None, None, *cells])
    season = Row("season", N_("Bán trên sàn, cả kỳ"), {Measure.CREDITED: table.chain.season_grams})
    return head, rows, [say(season.label), None, None, None, *_cells(season, MEASURES, say)]


def _groups(table: GroupTable, say: Words) -> Table:
    """A row per group: those who were in a class, then those who never were."""
    head = [say(GROUP_LABELS[table.group]), *_heads(TRAINED_MEASURES, say)]
    never = say(N_("Chưa từng học"))
    head += [f"{never}: {label}" for label in _heads(NEVER_MEASURES, say)]
    trained = {row.key: row for row in table.trained()}
    strangers = {row.key: row for row in table.never()}
    rows: list[list[Cell]] = []
    for key, row in {**strangers, **trained}.items():
        cells = _cells(trained.get(key, _EMPTY), TRAINED_MEASURES, say, missing=0)
        cells += _cells(strangers.get(key, _EMPTY), NEVER_MEASURES, say, missing=0)
        rows.append([say(row.label), *cells])
    foot = [
        say(N_("Cộng")),
        *_cells(table.classes.all, TRAINED_MEASURES, say),
        *_cells(table.classes.never, NEVER_MEASURES, say),
    ]
    return head, rows, foot


_EMPTY = Row("", "", {})


def _cross(table: GroupTable, measure: Measure, say: Words) -> Table:
    found = table.cross(measure)
    head = [say(N_("Lớp")), *(say(label) for _, label in found.columns), say(N_("Cộng"))]
    rows: list[list[Cell]] = [
        [row.one.code if row.one else "", *_shown(measure, [*row.cells.values(), row.sum], say)]
        for row in found.rows
    ]
    foot = _shown(measure, [*found.foot.cells.values(), found.foot.sum], say)
    return head, rows, [say(N_("Cộng")), *foot]


def _heads(measures: Sequence[Measure], say: Words) -> list[str]:
    return [say(MEASURE_LABELS[one]) + (" (kg)" if one in GRAMS else "") for one in measures]


def _cells(row: Row, measures: Sequence[Measure], say: Words, *, missing: int | None = None) -> list[Cell]:
    """Figures in order; None where a row has no such figure."""
    return [_shown(one, [row.figures[one]], say)[0] if one in row.figures else missing for one in measures]


def _shown(measure: Measure, values: Sequence[int | None], say: Words) -> list[Cell]:
    return [
        say(HIDDEN) if value is None else kilograms(value) if measure in GRAMS else value for value in values
    ]


def facts_of(row: Row) -> Mapping[str, int | None]:
    """A row for programs: whole grams; null is hidden."""
    return {f"{one.value}_grams" if one in GRAMS else one.value: value for one, value in row.figures.items()}
