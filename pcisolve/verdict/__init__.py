"""The answers, as frozen values that anyone may keep, print or send."""
