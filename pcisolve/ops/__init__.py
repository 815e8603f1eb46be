"""What can be done with a guest: solve, check, convert, mend, compare and write it. One file, one deed."""
