"""The endpoints under /api/3: plain functions from an account and a call to an answer."""
