"""Decision tables and FEEL: pure, no database, no web."""
