"""The command line: words in, exit codes out."""

import gc

# A short-lived process keeps what it makes; this is said before anything large is imported.
gc.set_threshold(100_000)
