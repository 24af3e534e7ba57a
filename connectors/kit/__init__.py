"""What every connector is made of: the protocol, the four errors, one HTTP transport, the mock's control surface."""
