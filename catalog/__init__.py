"""What households have: people, consents, products, certificates, lots and the stock ledger."""
