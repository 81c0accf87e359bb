"""Lists, counts and searches of tasks: what somebody may see, found in their scope."""
