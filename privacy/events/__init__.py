"""Events of Adobe instead of polling (Adobe I/O Events, provider "Privacy Service Events").

reading.py reads what Adobe sends and stores it, receiving.py takes it at our address, journal.py fetches it where no port can be
opened, working.py acts on it, health.py says whether it can be relied on, and then Adobe's list is read once an hour only.
"""
