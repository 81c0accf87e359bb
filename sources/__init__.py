"""Files of departments and declarations: read in a limited child process, normalise, store, match, explain."""
