"""What is typed about settlement files."""

from pydantic import Field

from marketplace.core.forms import Typed
from marketplace.core.i18n import N_
from marketplace.selling.forms import Id


class ImportIn(Typed):
    """Which shop a file is of."""

    shop_id: Id = Field(title=N_("Gian hàng"))
