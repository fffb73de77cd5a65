"""Measures what the README promises, with the real functions on this machine."""
