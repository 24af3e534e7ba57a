"""What every connector is made of: protocol, four errors, one HTTP transport, the mock's control surface."""
