"""Publishing by SKU, written once for all marketplaces: at most one remote product per listing, ever."""

from dataclasses import dataclass

from connectors.kit.errors import Rejected, Unavailable
from connectors.kit.protocol import Connector, Offer, RemoteProduct, RemoteState

DUPLICATE_SKU = "duplicate_sku"  #: code of a `Rejected` create whose SKU the shop already has
GONE = "gone"  #: code of a `Rejected` update whose product is no longer there
IN_MODERATION = "in_moderation"  #: code of an `Unavailable` write that must wait for a moderator


@dataclass(frozen=True)
class Published:
    """Where the offer is now; `adopted` when the product was found there, not created by this call."""

    remote_id: str
    adopted: bool = False
    #: False: found, but the marketplace does not let it be changed yet; publish again later
    current: bool = True
    ticket: str | None = None  #: the change waits for an approval that must be asked for


def publish(
    connector: Connector,
    offer: Offer,
    remote_id: str | None,
    unclear: bool = False,  # noqa: FBT001, FBT002 - the two facts a listing row holds about its remote side
) -> Published:
    """Make the remote product what the offer says; `unclear`: an earlier create may have happened.

    Never creates where the SKU may already be: an unclear or duplicate one is looked up and adopted.
    """
    if remote_id is not None:
        return _update(connector, offer, remote_id)
    if unclear:
        found = _living(connector.find(offer.sku))
        if found is not None:
            return _adopt(connector, offer, found)
    return _create(connector, offer)


def _update(connector: Connector, offer: Offer, remote_id: str) -> Published:
    try:
        return Published(remote_id, ticket=connector.update(remote_id, offer))
    except Rejected as refusal:
        if refusal.code != GONE:
            raise
        found = _living(connector.find(offer.sku))
        return _adopt(connector, offer, found) if found else _create(connector, offer)


def _create(connector: Connector, offer: Offer) -> Published:
    try:
        return Published(connector.create(offer))
    except Rejected as refusal:
        if refusal.code != DUPLICATE_SKU:
            raise
        found = _living(connector.find(offer.sku))
        if found is None:
            raise
        return _adopt(connector, offer, found)


def _adopt(connector: Connector, offer: Offer, found: RemoteProduct) -> Published:
    try:
        ticket = connector.update(found.remote_id, offer)
    except Unavailable as wait:
        if wait.code != IN_MODERATION:
            raise
        return Published(found.remote_id, adopted=True, current=False)
    return Published(found.remote_id, adopted=True, ticket=ticket)


def _living(found: RemoteProduct | None) -> RemoteProduct | None:
    return None if found is None or found.state is RemoteState.DELETED else found
