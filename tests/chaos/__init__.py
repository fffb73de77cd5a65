"""Chaos: whole exports on a running deployment while processes, storage, ActiveCampaign and people misbehave.

`scripts/chaos --help` runs all of it; `test_quick.py` is its short form.
"""
