"""What starts, and then stops in the firmware or is never found by the guest (sections 2.5, 7.1 to 7.3)."""
