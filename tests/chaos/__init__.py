"""Chaos: whole exports on a running deployment while processes, storage, ActiveCampaign and people misbehave.

`scripts/chaos` runs all of it, `scripts/chaos --quick` the short form; the tests here are of its own parts.
"""
