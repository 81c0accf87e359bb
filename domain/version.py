"""The version of this program, as /healthz and heartbeats say it."""

VERSION = "0.1.0"
