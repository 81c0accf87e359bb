"""What is true: mapped classes and the verbs on them, one subject a file."""
