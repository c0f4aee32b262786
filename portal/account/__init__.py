"""What each person chooses for themselves: language, time zone, e-mail, and the address of their calendar."""
