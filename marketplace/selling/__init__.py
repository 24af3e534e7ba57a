"""What we sell: offers, listings, orders, and every counted kilogram."""
