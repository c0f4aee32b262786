"""`make demo`: the whole portal with a local Adobe on one machine, under one process that leaves nothing behind.

environment.py is all that differs from production. watchdog.py and processes.py hold the children, parts.py names them, people.py
makes organizations and accounts, running.py is the story from the first check to the last line.
"""
