"""What runs inside the sandbox; it imports nothing of the rest of ``homework``."""
