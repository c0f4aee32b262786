"""Adobe I/O Events: what happens to jobs is told to webhooks, signed, and kept in a journal.

feed.py finds out what happened, hub.py holds everything together, registrations.py and delivering.py call webhooks with the
faults of mischief.py, signing.py signs, serving.py answers Adobe's own paths (journal, keys, validation), control.py the control
endpoints.
"""
