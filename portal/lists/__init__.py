"""Lists that are declared, not written: filters as chips, columns to choose, saved views, acts on many rows, export as CSV.

An app declares a `RowList` (declaring.py), registers it (registry.add_list) and gives it views of three lines: `showing.show`,
`acting.act` and `exporting.export`. Everything that stands in the address of a list is a value that the list knows, so neither
an address nor a saved view can name a person.
"""

from __future__ import annotations
