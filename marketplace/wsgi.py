"""What a WSGI server loads: `marketplace.wsgi:app`. Settings are those of the working directory."""

from marketplace.app import create_app
from marketplace.core.config import load_settings
from marketplace.core.logs import log_as_json

log_as_json()
app = create_app(load_settings())
