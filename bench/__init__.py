"""What the product costs, measured. Every module prints its figures: `python -m bench.decisions`."""
