"""Pages of selling; one blueprint a file."""
