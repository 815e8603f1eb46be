"""Configuration files: where they are found, and what they say."""
