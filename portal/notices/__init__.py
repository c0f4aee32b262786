"""Notices: what people are told in the portal, and by e-mail as each of them wants it.

Who makes something happen calls `tell` in the transaction in which it happens, so that a notice stands if and only if it did.
"""

from portal.notices.telling import Telling, members_who_may, tell, tell_many

__all__ = ["Telling", "members_who_may", "tell", "tell_many"]
