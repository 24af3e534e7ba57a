"""The control surface under `/_mock`, the same for every mock: a page for people, JSON for programs."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from connectors.kit.faults import KIND_WORDS, BadRule
from connectors.kit.mock_gate import Gate
from connectors.kit.mock_goods import VIETNAM, Impossible, stamp
from connectors.kit.mock_money import truth
from connectors.kit.mocking import NEXT, MockMarketplace
from connectors.kit.protocol import OrderState
from connectors.kit.statements import Statement

VERDICTS = ("approve", "reject", "lock")
STEPS = ("confirmed", "shipped", "delivered", "refused", "cancelled", "returned")
_MOST_VND = 10**11
MOST_ROWS = 60  #: of goods and orders on the page; the state has them all


class _BadInput(ValueError):
    """What was sent cannot be read; its text is the sentence (HTTP 400)."""


def mount_control(app: Flask, mock: MockMarketplace) -> None:
    """Give a mock's application its memory, its control surface and its planned failures."""
    app.extensions["mock"] = mock
    app.url_map.strict_slashes = False
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # the default provider has it
    app.json.sort_keys = False  # type: ignore[attr-defined]  # as above
    control = Blueprint("control", __name__, url_prefix="/_mock", template_folder="pages")
    _pages(control, mock)
    _play(control, mock)
    _direct(control, mock)
    _account(control, mock)
    control.register_error_handler(_BadInput, lambda error: _refuse(400, str(error)))
    control.register_error_handler(Impossible, lambda error: _refuse(409, str(error)))
    app.register_blueprint(control)
    app.wsgi_app = Gate(app, mock)  # type: ignore[method-assign]  # Flask's documented way to add middleware


def _pages(control: Blueprint, mock: MockMarketplace) -> None:
    @control.get("/")
    def page() -> str:
        """Show goods and orders; play buyer, moderator and courier; plan failures."""
        state = mock.state()
        query, status, order = (request.args.get(name, "").strip() for name in ("q", "status", "order"))
        goods = [row for row in reversed(state["products"]) if _shown(row, status, query)]
        orders = [row for row in reversed(state["orders"]) if _shown(row, order, "")]
        return render_template(
            "mock.html",
            title=mock.title or mock.name,
            state=state,
            said=request.args.get("said", ""),
            query=query,
            status=status,
            order_status=order,
            statuses=sorted({row["status"] for row in state["products"]}),
            order_statuses=[one for one in NEXT if any(row["status"] == one for row in state["orders"])],
            goods=goods[:MOST_ROWS],
            more_goods=max(0, len(goods) - MOST_ROWS),
            orders=orders[:MOST_ROWS],
            more_orders=max(0, len(orders) - MOST_ROWS),
            next_steps={state: sorted(steps, key=STEPS.index) for state, steps in NEXT.items()},
            verdicts=VERDICTS,
            kinds=KIND_WORDS,
            rules=mock.faults.rules,
            most=MOST_ROWS,
        )

    @control.get("/state")
    def state() -> Response:
        """Everything the mock remembers."""
        return jsonify(mock.state())


def _shown(row: dict[str, Any], status: str, query: str) -> bool:
    """Is this product or order asked for?"""
    if status and row["status"] != status:
        return False
    words = query.casefold()
    return not words or words in row["sku"].casefold() or words in row["title"].casefold()


def _play(control: Blueprint, mock: MockMarketplace) -> None:
    @control.post("/buy")
    def buy() -> ResponseReturnValue:
        """Play the buyer; `steps` brings an order of the past at once as far as it came."""
        sent = _sent()
        steps = [(_choice(step, "status", STEPS), _moment(step), _some_packs(step)) for step in _steps(sent)]
        order = mock.buy(_text(sent, "sku"), _packs(sent), _moment(sent), _optional(sent, "order_no"))
        for status, at, packs in steps:
            mock.advance(order, OrderState(status), at, packs)
        return _done(f"Đã đặt đơn {order.order_no}.", order=mock.order_row(order), order_no=order.order_no)

    @control.post("/orders/<order_no>/advance")
    def advance(order_no: str) -> ResponseReturnValue:
        """Play the courier, or a buyer who cancels or sends back."""
        sent = _sent()
        order = mock.orders.get(order_no)
        if order is None:
            return _refuse(404, f"Không có đơn “{order_no}”.")
        status = _choice(sent, "status", STEPS)
        packs = _some_packs(sent)
        mock.advance(order, OrderState(status), _moment(sent), packs, reason=_optional(sent, "reason"))
        return _done(f"Đơn {order_no}: {status}.", order=mock.order_row(order))

    @control.post("/moderate")
    def moderate() -> ResponseReturnValue:
        """Play the moderator."""
        sent = _sent()
        sku, verdict = _text(sent, "sku"), _choice(sent, "verdict", VERDICTS)
        product = mock.moderate(sku, verdict, _optional(sent, "reason"))
        return _done(f"{sku}: {verdict}.", product=mock.product_row(product))


def _direct(control: Blueprint, mock: MockMarketplace) -> None:
    @control.post("/faults")
    def faults() -> ResponseReturnValue:
        """Replace the planned failures."""
        sent = _sent()
        rules = sent.get("rules") if "rules" in sent or request.is_json else _rule_of_form(sent)
        try:
            mock.faults.load(rules)
        except BadRule as error:
            raise _BadInput(str(error)) from error
        return _done("Đã đặt lỗi.", rules=len(mock.faults.rules))

    @control.post("/settings")
    def settings() -> ResponseReturnValue:
        """Switch what the marketplace's documents leave open."""
        try:
            mock.set_up(_switches(_sent()))
        except ValueError as error:
            raise _BadInput(str(error)) from error
        return _done("Đã đổi tùy chọn.", settings=mock.settings)

    @control.post("/clock")
    def run() -> ResponseReturnValue:
        """Let the clock run `rate` times as fast from the real instant `since` on."""
        sent = _sent()
        rate, since = sent.get("rate"), _moment(sent, "since")
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 1 <= rate <= 1_000_000:
            raise _BadInput("“rate” phải là số từ 1 đến 1000000.")
        mock.run(rate, since or datetime.now(UTC))
        return _done("Đã đặt đồng hồ.", now=stamp(mock.now()))

    @control.post("/webhook")
    def webhook() -> ResponseReturnValue:
        """Register where pushes go; an empty URL ends them."""
        url = _optional(_sent(), "url")
        if url and not url.startswith(("http://", "https://")):
            raise _BadInput("“url” phải bắt đầu bằng http:// hoặc https://.")
        mock.pushes.url = url
        return _done("Đã đặt địa chỉ webhook.", webhook=url)

    @control.post("/reset")
    def reset() -> ResponseReturnValue:
        """Empty everything."""
        mock.reset()
        return _done("Đã xóa hết.")


def _account(control: Blueprint, mock: MockMarketplace) -> None:
    @control.get("/settlement")
    def settlement() -> ResponseReturnValue:
        """The statement of the local days `first` to `last`, as the file a seller would download."""
        name, content = mock.statement_file(_statement())
        return send_file(BytesIO(content), as_attachment=True, download_name=name)

    @control.get("/settlement.json")
    def settlement_truth() -> Response:
        """The same money as the mock remembers it."""
        return jsonify(truth(_statement()))

    def _statement() -> Statement:
        first, last = _day("first"), _day("last")
        if last < first:
            raise _BadInput("“last” không thể trước “first”.")
        return mock.money.statement(mock.STATEMENT, first, last)

    @control.post("/orders/<order_no>/refund")
    def refund(order_no: str) -> ResponseReturnValue:
        """Give a buyer back a part of the money; nothing is sent back."""
        sent, order = _sent(), mock.orders.get(order_no)
        if order is None:
            return _refuse(404, f"Không có đơn “{order_no}”.")
        row = mock.money.refund(order, _dong(sent, least=1), _moment(sent) or mock.now())
        return _done(f"Đã hoàn tiền đơn {order_no}.", key=row.key)

    @control.post("/adjust")
    def adjust() -> ResponseReturnValue:
        """Pay or take an amount that belongs to no order."""
        sent = _sent()
        row = mock.money.adjust(
            _dong(sent, least=-_MOST_VND), _text(sent, "note"), _moment(sent) or mock.now()
        )
        return _done("Đã ghi khoản điều chỉnh.", key=row.key)


def _switches(sent: dict[str, Any]) -> dict[str, Any]:
    """A form says "true" and "false" where JSON has words of its own."""
    words = {"true": True, "false": False}
    return {name: words.get(value, value) for name, value in sent.items()} if _from_page() else sent


def _sent() -> dict[str, Any]:
    if request.form:
        return request.form.to_dict()
    if not request.get_data():
        return {}
    try:
        sent = request.get_json(force=True)
    except (HTTPException, RecursionError) as error:
        raise _BadInput("Nội dung gửi lên không phải JSON.") from error
    if not isinstance(sent, dict):
        raise _BadInput("Nội dung gửi lên phải là một đối tượng JSON.")
    return sent


def _text(sent: dict[str, Any], name: str) -> str:
    value = sent.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _BadInput(f"Thiếu “{name}”: hãy ghi chữ.")
    return value.strip()


def _optional(sent: dict[str, Any], name: str) -> str | None:
    return _text(sent, name) if sent.get(name) not in (None, "") else None


def _choice(sent: dict[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = sent.get(name)
    if value not in choices:
        raise _BadInput(f"“{name}” phải là một trong: {', '.join(choices)}.")
    return str(value)


def _packs(sent: dict[str, Any]) -> int:
    value = sent.get("packs")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 10**9:
        raise _BadInput("“packs” phải là số nguyên từ 1 trở lên.")
    return value


def _dong(sent: dict[str, Any], *, least: int) -> int:
    value = sent.get("amount_vnd")
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) < 14:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MOST_VND or not value:
        raise _BadInput("“amount_vnd” phải là số đồng nguyên, khác 0.")
    return value


def _day(name: str) -> date:
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError as error:
        raise _BadInput(f"“{name}” phải là ngày ISO, ví dụ 2021-12-19.") from error
    if not 2000 <= day.year <= 2100:
        raise _BadInput(f"“{name}” phải nằm trong các năm 2000 đến 2100.")
    return day


def _some_packs(sent: dict[str, Any]) -> int | None:
    return _packs(sent) if sent.get("packs") not in (None, "") else None


def _steps(sent: dict[str, Any]) -> list[dict[str, Any]]:
    steps = sent.get("steps") or []
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise _BadInput("“steps” phải là một danh sách các bước, mỗi bước có “status”.")
    return steps


def _moment(sent: dict[str, Any], name: str = "at") -> datetime | None:
    """Date-time of an event; without a zone it is Vietnamese time."""
    value = sent.get(name)
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
        _ = moment.astimezone(VIETNAM)
    except (TypeError, ValueError, OverflowError) as error:
        raise _BadInput(f"“{name}” phải là ngày giờ ISO, ví dụ 2021-12-19T08:30.") from error
    if not 2000 <= moment.year <= 2100:
        raise _BadInput(f"“{name}” phải nằm trong các năm 2000 đến 2100.")
    return moment


def _rule_of_form(sent: dict[str, Any]) -> list[dict[str, Any]]:
    if not sent.get("kind"):
        return []
    readers: dict[str, Callable[[str], Any]] = {
        "probability": float,
        "times": int,
        "seed": int,
        "delay": float,
    }
    rule: dict[str, Any] = {"match": sent.get("match", "*"), "kind": sent["kind"]}
    for name, read in readers.items():
        if sent.get(name):
            try:
                rule[name] = read(sent[name])
            except ValueError as error:
                raise _BadInput(f"“{name}” phải là số.") from error
    return [rule]


def _from_page() -> bool:
    return bool(request.form)


def _done(said: str, **facts: Any) -> ResponseReturnValue:
    if _from_page():
        return redirect(url_for("control.page", said=said), 303)
    return jsonify({"ok": True, **facts})


def _refuse(status: int, sentence: str) -> ResponseReturnValue:
    if _from_page():
        return redirect(url_for("control.page", said=sentence), 303)
    return jsonify({"ok": False, "error": sentence}), status
