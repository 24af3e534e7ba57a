"""What the coordinator shows the People's Committee; every figure leads to its lines."""
