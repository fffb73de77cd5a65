"""A client for the part of the ActiveCampaign API (v3) that an exporter needs; it knows nothing of Azure.

`client` asks and `transport` talks; everything else is pure: `address` (what people paste as API URL), `wire`
(what is sent), `replies` (what is received), `answers`, `refusals` and `retry_after` (what a response means),
`fields` (names of custom fields), `pacing` and `schedule` (the limits of an account), `model` (the values).
"""
