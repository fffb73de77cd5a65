"""Segments as Customer Insights writes them into blob storage: which snapshot is complete, and its rows."""
