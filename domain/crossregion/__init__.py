"""Verification across regions: requests, their way, their items, batches, confirmations (跨地区协查)."""
