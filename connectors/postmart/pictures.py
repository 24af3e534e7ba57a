"""The files of an offer's pictures, as they are sent: small enough, and pictures indeed."""

import logging

from connectors.kit.errors import Rejected
from connectors.kit.pictures import picture_bytes
from connectors.kit.protocol import N_, Offer, Options
from connectors.postmart.rules import MAGIC, NO_ADDRESS, PICTURE_ADDRESS, PICTURE_MOST, sendable

NONE_GOOD = N_("Chưa có ảnh nào dùng được; hãy thêm ít nhất một ảnh JPEG nhỏ hơn 1 MB.")
log = logging.getLogger(__name__)


def files(options: Options, offer: Offer) -> list[bytes]:
    """What turns out too large or no picture is left out while another is good; `Rejected` when none is."""
    urls = [picture.url for picture in sendable(offer)]
    if not all(PICTURE_ADDRESS.fullmatch(url) for url in urls):
        raise Rejected("refused_pictures", NO_ADDRESS, fields={"pictures": NO_ADDRESS})
    read = [picture_bytes(options, url) for url in urls]
    good = [file for file in read if len(file) <= PICTURE_MOST and file.startswith(MAGIC)]
    if len(good) < len(read):
        log.warning("postmart: %d pictures of %s left out", len(read) - len(good), offer.sku)
    if not good:
        raise Rejected("refused_pictures", NONE_GOOD, fields={"pictures": NONE_GOOD})
    return good
