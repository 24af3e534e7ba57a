"""Pictures go up before the product: which of ours has which number at Voso, remembered by address."""

from collections.abc import Callable, Sequence
from typing import Any

from connectors.kit.errors import Rejected
from connectors.kit.http import Upload
from connectors.kit.pictures import picture_bytes
from connectors.kit.protocol import Offer, Options
from connectors.voso.mapping import good_pictures

REFUSED = "refused_pictures"
_PNG = b"\x89PNG"


class Images:
    """The numbers of uploaded pictures; an address is uploaded once, for its content never changes."""

    def __init__(self, options: Options, upload: Callable[[Upload], str]) -> None:
        self._options = options
        self._upload = upload
        self._known: dict[str, str] = {}

    def of(self, offer: Offer) -> list[str]:
        """The number of each picture that Voso takes, uploaded now where it must be."""
        return [self._number(picture.url) for picture in good_pictures(offer)]

    def with_fresh(self, offer: Offer, send: Callable[[Sequence[str]], Any]) -> Any:
        """Send with the numbers; when Voso forgot a remembered one, upload again and send once more."""
        urls = [picture.url for picture in good_pictures(offer)]
        remembered = any(url in self._known for url in urls)
        images = self.of(offer)
        try:
            return send(images)
        except Rejected as refusal:
            if refusal.code != REFUSED or not remembered:
                raise
        for url in set(urls):
            del self._known[url]
        return send(self.of(offer))

    def _number(self, url: str) -> str:
        known = self._known.get(url)
        if known is None:
            content = picture_bytes(self._options, url)
            media_type = "image/png" if content.startswith(_PNG) else "image/jpeg"
            name = f"picture.{media_type.rpartition('/')[2]}"
            known = self._known[url] = self._upload(Upload("FILE", name, content, media_type))
        return known
