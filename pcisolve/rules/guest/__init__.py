"""What starts, and then stops in the firmware or is never found by the guest."""
