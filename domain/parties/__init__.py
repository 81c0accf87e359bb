"""Who takes part: organisations, accounts, households and persons."""
