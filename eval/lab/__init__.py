"""What makes and measures the product and no user runs; not part of an installation."""
