"""A calendar of due dates that a calendar program reads by an address of its own (iCalendar, RFC 5545)."""
