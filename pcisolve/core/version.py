"""The one place that holds the version of pcisolve."""

VERSION = "0.1.0"
JSON_VERSION = 1  # of the shape of every JSON output; more keys are no new version
HOME = ""  # where the project is published, for links of reports; "" until it is
