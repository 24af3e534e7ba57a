"""What phones without a network speak to: where items are sent, who is logged in, and the service worker."""

from pathlib import Path

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

import training.offline  # noqa: F401 - makes its kinds of items known
from catalog.views.common import db, me
from marketplace.core import clock, web
from marketplace.core.errors import Refused
from marketplace.core.offline import read_items, receive

bp = Blueprint("offline", __name__)


@bp.app_context_processor
def moment() -> dict[str, object]:
    """When a page was made, by our clock: what was received later is newer than what a kept page shows."""
    return {"rendered_at": clock.now().isoformat()}


@bp.post("/ngoai-tuyen/gui")
def send() -> ResponseReturnValue:
    """Take what was done without a network, item by item, each answered by a receipt."""
    now = clock.now()
    try:
        items = read_items(request.get_data(), me())
    except Refused as refusal:
        told = {name: str(value) for name, value in refusal.facts.items()}
        message = web.say(refusal.sentence, refusal.facts)
        return {"code": refusal.code, "message": message, "facts": told}, refusal.status
    receipts = [
        {
            "key": one.key,
            "state": one.state,
            "number": one.number,
            "result": one.result,
            "sentence": web.say(one.sentence, one.facts) if one.sentence else "",
        }
        for one in receive(db(), me(), items, now=now)
    ]
    return {"receipts": receipts, "at": now.isoformat()}


@bp.get("/ngoai-tuyen/the")
def token() -> ResponseReturnValue:
    """Tell a page that was kept who is logged in now, what time it is, with a fresh token for sending."""
    account = {"id": me().id, "name": me().name}
    return {"token": generate_csrf(), "account": account, "at": clock.now().isoformat()}


@bp.get("/ngoai-tuyen")
def waiting() -> ResponseReturnValue:
    """Show what this device has not sent yet, and which pages it kept; the same without a network."""
    return web.page("training/offline.html")


@bp.get("/sw.js")
def worker() -> ResponseReturnValue:
    """Give the service worker, from the root because it may only serve what lies below its address."""
    script = Path(current_app.static_folder or "") / "sw.js"
    answer = Response(script.read_bytes(), mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = f"{request.script_root}/"
    return answer
