"""How each marketplace speaks. No database, no application, no other marketplace.

Only `connectors.kit` may import `requests` and `tenacity`; a mock may import Flask. import-linter says so
in `make lint`.
"""
