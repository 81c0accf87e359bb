"""Matching without a home: folders of files in, verdicts and doubts out (`./run do match`, docs/matching.md)."""
