"""Pages of the catalogue; one blueprint a file."""
