"""The API of data hygiene: record deletes and their work orders, dataset expirations, quotas.

Record deletes are for cleansing and minimisation, not for data-subject requests.
"""
