"""Data Hygiene: work orders that delete records by identity, quotas, dataset expirations.

Test values, anywhere in an identity of a work order, in any case (`orders.py` says what each does):

    refused                       the POST is refused with 400
    orderfails                    the order is accepted and fails before it is handed to a service
    profile-fails, ajo-fails ...  that service fails, and with it the order; a target service's name before the hyphen
    orderodd                      the order says `in-progress` for a while, a word that is in one revision of the pages only
    oddservice                    a service that nobody has published takes part
    orderslow, orderstuck         the order takes 29 days, or never comes further than `submitted`

A dataset whose id contains `nosuch` does not exist, `noprimary` has no primary identity, `onlyemail` has the namespace
email as its primary identity; a namespace whose code contains `nosuch` does not exist.
"""
