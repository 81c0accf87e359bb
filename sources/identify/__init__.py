"""Who an identity cell speaks of: one verdict a cell, never a silent match and never a silent drop."""
