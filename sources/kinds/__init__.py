"""The kinds of file a department may send: their fields and the headings under which they arrive (model 2.3).

Data, no rules; one file a group of `policies/categories.toml`. `sources.categories` puts them together.
"""
