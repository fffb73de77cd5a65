"""The demo: one segment's way into an ActiveCampaign list, with a crash, and the days after."""
