"""Commands of selling: shops, mocks, the worker, pulling orders."""
