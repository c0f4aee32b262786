"""Project package of the privacy portal, and what both apps share."""
