"""What a rehearsal found: one value for programs, the same in words for people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from marketplace.cli.rehearse.parts import Measure, Rehearsal
from marketplace.cli.rehearse.stage import Stage
from marketplace.core.units import number_vi

SHOWN = 20  #: differing rows of one measure


def told(
    stage: Stage, measures: Sequence[Measure], lost_sales: Mapping[str, Any], seconds: Mapping[str, float]
) -> dict[str, Any]:
    """Everything a program may want to know of a rehearsal, as JSON takes it."""
    asked, trouble = stage.asked, stage.trouble
    states = {name: control.state() for name, control in stage.controls.items()}
    faults: Counter[str] = Counter()
    for state in states.values():
        faults.update(state["faults"])
    return {
        "agrees": all(measure.agrees for measure in measures),
        "measures": [_measure(one) for one in measures],
        "lost_sales": dict(lost_sales),
        **_asked(asked),
        "database": stage.engine.dialect.name,
        "seconds": round(sum(seconds.values()), 1),
        "phases": {name: round(took, 1) for name, took in seconds.items()},
        "calls": {name: sum(state["calls"].values()) for name, state in states.items()},
        "webhooks": {name: state["webhooks"] for name, state in states.items()},
        "faults_met": dict(sorted(faults.items())),
        "kills": dict(sorted(trouble.kills.items())),
        "disk_full_seconds": round(trouble.disk_full_seconds, 1),
        "disk_full_hits": _disk(stage),
        "clock_jumps": trouble.jumps,
    }


def _measure(one: Measure) -> dict[str, Any]:
    return {
        "name": one.name,
        "unit": one.unit,
        "truth": one.truth,
        "ours": one.ours,
        "difference": one.difference,
        "rows_compared": one.rows_compared,
        "differences": one.differences[:SHOWN],
    }


def _asked(asked: Rehearsal) -> dict[str, Any]:
    return {
        "households": asked.households,
        "seed": asked.seed,
        "faults": asked.faults,
        "workers": asked.workers,
        "days": asked.days,
    }


def _disk(stage: Stage) -> str:
    """What a full disk of our processes means: on PostgreSQL the server has a disk of its own."""
    if stage.engine.dialect.name == "sqlite":
        return "database and files"
    return "files of web and workers only; PostgreSQL writes for itself"


def in_words(value: Mapping[str, Any]) -> str:
    """The same as a table for people."""
    rows = [
        f"{'khớp ' if _agrees(row) else 'LỆCH '} {row['name']:<44} {row['truth']:>16,} {row['ours']:>16,} "
        f"{row['difference']:>10,} {row['unit']}"
        for row in value["measures"]
    ]
    kills, faults = sum(value["kills"].values()), sum(value["faults_met"].values())
    lines = [
        f"{'':5} {'':44} {'sự thật':>16} {'sổ của ta':>16} {'lệch':>10}",
        *rows,
        "",
        f"{value['seconds']:.0f} giây, {sum(value['calls'].values())} lời gọi sàn, {faults} lỗi của sàn, "
        f"{kills} lần tiến trình bị giết, đĩa đầy {value['disk_full_seconds']:.0f} giây, "
        f"{len(value['clock_jumps'])} lần lệch đồng hồ.",
        _lost(value["lost_sales"]),
        "Không có gì lệch." if value["agrees"] else "Có số liệu lệch: xem các dòng LỆCH, thêm --json để rõ.",
    ]
    return "\n".join(lines)


def _lost(found: Mapping[str, Any]) -> str:
    ours, thirds = (number_vi(Decimal(found[one]["percent"]), 1) for one in ("ours", "fixed_third"))
    return (
        f"Lúc một kho còn dưới {found['fewer_than_packs']} kiện: {ours} % lượt hỏi mua bị từ chối "
        f"dù còn hàng; chia cố định ba phần thì {thirds} %."
    )


def _agrees(row: Mapping[str, Any]) -> bool:
    return row["difference"] == 0 and not row["differences"]
