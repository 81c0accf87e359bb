"""What tests stand on: databases, the browser, the runner of all checks."""
