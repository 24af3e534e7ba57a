"""The only part of selling that speaks to marketplaces. No HTTP happens while a transaction is open."""
