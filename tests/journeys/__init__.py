"""One story a file, played through the verbs that pages and command line use."""
