"""Chợ phiên, a market that does not exist: what it is called and how it is found."""

from cho_phien.connector import ChoPhien
from cho_phien.mock import create_mock
from cho_phien.rules import LIMITS, check, wording
from connectors.kit.protocol import Marketplace

HOST = "https://chophien.example"
MARKETPLACE = Marketplace(
    "cho_phien", "Chợ phiên", ChoPhien.KEYS, HOST, LIMITS, ChoPhien, check, wording, create_mock
)
