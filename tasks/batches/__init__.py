"""One thing done to many cases or tasks: frozen, judged, done in chunks, taken back."""
