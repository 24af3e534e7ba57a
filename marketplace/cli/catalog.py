"""Commands of the catalogue: imports, administrative units."""
