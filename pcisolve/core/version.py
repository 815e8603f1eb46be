"""The one place that holds the version of pcisolve."""

VERSION = "0.1.0"
