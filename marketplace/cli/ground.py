"""Commands of the installation: init, serve, db, doctor."""
