"""What marketplaces paid: statements imported, and shared to households to 1 đồng (connectors.md L4)."""
