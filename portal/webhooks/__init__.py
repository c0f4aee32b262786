"""Telling internal systems what happens: rows made with the audit trail, delivered at least once, in order within one request.

What is told follows the trail, so nothing can happen that is recorded and not told, or told and not recorded. A delivery
holds ids, numbers and codes, never personal data.
"""
