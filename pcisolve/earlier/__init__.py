"""An earlier layout of a guest: which of its parts are which of this one's, and what stays where it was."""
