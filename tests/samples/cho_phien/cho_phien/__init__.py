"""Chợ phiên: what it is called and how it is found."""

from cho_phien.connector import ChoPhien
from cho_phien.mock import create_mock
from cho_phien.rules import LIMITS, check, wording
from connectors.kit.protocol import Marketplace

HOST = "https://cho-phien.example"
MARKETPLACE = Marketplace(
    "cho_phien", "Chợ phiên", ChoPhien.KEYS, HOST, LIMITS, ChoPhien, check, wording, create_mock
)
