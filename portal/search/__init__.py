"""The one search box: what was typed is sent by POST and kept sealed for a day, and the address of its result holds a row's id.

Each app brings finders (portal/registry.py), which look for exactly what was typed in what they have an index of.
"""
