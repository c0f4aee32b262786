"""Opt-outs of sale through Adobe's consent endpoint, in the order of their flow.

`reading` and `entities` (what was asked for), `intake` (draft, confirm, discard, recall), `preview`, `sending`, `deciding` (what
Adobe left open), `progress`, `shredding`, `restoring`, and `story` (the trail in words).
"""
