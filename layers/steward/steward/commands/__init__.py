"""What people ask for, how it is written down, and how its author is proven. Pure."""
