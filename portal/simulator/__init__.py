"""A local Adobe, for the demo and for tests: Privacy Service (jobs, consent), Data Hygiene (work orders, quotas, dataset
expirations) and IMS tokens. It imports nothing of the portal's.

`python -m portal.simulator --help` has the options. Control endpoints, outside of Adobe's paths, JSON in and out, no token;
a call that makes no sense gets 400 `{"error": sentence}`:

    GET    /__simulator__/health              whether it serves, its time, how far it was advanced
    GET    /__simulator__/ledger              every job ever accepted, with its key; ?after=N&limit=N
    GET    /__simulator__/ledger/consents     every opt-out call ever accepted, with its values; same parameters
    GET    /__simulator__/ledger/workorders   every work order ever accepted, with its identities and its first displayName
    GET    /__simulator__/ledger/expirations  every change of a dataset expiration that was accepted
    GET    /__simulator__/calls               counts of calls and answers by operation, and of calls in flight
    GET    /__simulator__/faults              the armed faults, how many are left, how often each struck
    POST   /__simulator__/faults              {"kind", "match"?, "times"?, "rate"?, "seconds"?, "retry_after"?, ...}
    DELETE /__simulator__/faults              disarm all
    POST   /__simulator__/advance             {"seconds"}: time passes for all that Adobe keeps, not for tokens
    POST   /__simulator__/finish              {"jobIds"?}: these jobs (or all) have been answered now
    DELETE /__simulator__/jobs/{id}           Adobe no longer knows this job; the ledger still does
    GET    /__simulator__/archives/{id}       {"sha256", "size"} of the file that /content gives
    POST   /__simulator__/workorders/finish   {"workorderIds"?, "status"?}: these orders (or all) are completed or failed now
    POST   /__simulator__/workorders/{id}/age {"seconds"}: this order is so much older
    DELETE /__simulator__/workorders/{id}     Adobe no longer knows this order; the ledger still does
    DELETE /__simulator__/expirations/{id}    the same for a dataset expiration
    GET    /__simulator__/quotas              {name: {"consumed", "quota"}}; ?imsOrg=
    POST   /__simulator__/quotas              {"imsOrg"?, "daily"?, "monthly"?, "expirations"?, "usedToday"?, "usedThisMonth"?}
    GET    /__simulator__/organizations       the known organizations, without secrets
    POST   /__simulator__/organizations       {"imsOrg", "clientId", "clientSecret", "products"?, "permissions"?}
    DELETE /__simulator__/tokens              no token given so far is valid any more
    GET    /__simulator__/switches            the switches in force
    POST   /__simulator__/switches            {name: value, ...}: all of them or, when one is wrong, none
    POST   /__simulator__/settings            {"speed"?, "latency"?}; the speed holds for what is accepted from now on
    POST   /__simulator__/reset               as when it was started, with nothing taken in; tokens stay valid

Faults (`faults.py` has the kinds) strike the next call, the next `times` calls, or each call with chance `rate` (0 to 1).
`match` {"operation" | "method" | "path"} narrows or widens what they strike. The exception is `refuse` {"seconds"}, which
closes the port for a time: it is the kernel that refuses, and it does not count. Without a `match`, faults of creating
(`accept_then_cut`, `double`, `limit400` ...) and of listing (`list_lag` ...) strike jobs only; work orders are matched by
operation (`workorder_create`, `workorder_list` ...) or path, consent by `consent`, expirations by `ttl_create` and so on.
"""
