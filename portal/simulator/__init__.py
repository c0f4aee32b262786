"""A local Adobe, for the demo and for tests: Privacy Service (jobs, consent), Data Hygiene (work orders, quotas, dataset
expirations) and IMS tokens. It imports nothing of the portal's.

`python -m portal.simulator --help` has the options. Control endpoints, outside of Adobe's paths, JSON in and out, no token;
a call that makes no sense gets 400 `{"error": sentence}`:

    GET    /__simulator__/health              whether it serves, its time, how far it was advanced
    GET    /__simulator__/ledger              every job ever accepted, with its key; ?after=N&limit=N
    GET    /__simulator__/ledger/consents     every opt-out call ever accepted, with its values; same parameters
    GET    /__simulator__/ledger/workorders   every work order ever accepted, with its identities and its first displayName
    GET    /__simulator__/ledger/expirations  every change of a dataset expiration that was accepted
    GET    /__simulator__/states/jobs         each accepted job's status now, by product, and whether it is known; same parameters
    GET    /__simulator__/states/workorders   each accepted work order's status now, and its services'
    GET    /__simulator__/calls               counts of calls and answers by operation, and of calls in flight
    GET    /__simulator__/faults              the armed faults, how many are left, how often each struck
    POST   /__simulator__/faults              {"kind", "match"?, "times"?, "rate"?, "seed"?, and what the kind takes}: arm one
    DELETE /__simulator__/faults              disarm all
    DELETE /__simulator__/faults/{id}         disarm one; the id is in the answer to its arming
    GET    /__simulator__/faults/struck       {kind: how often it really struck} since the reset, by disarmed faults too
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
    GET    /__simulator__/events              how many events were told, wait, and were struck by which setting
    POST   /__simulator__/events              {"jobId", "code"?, "message"?, "imsOrg"?}: tell one event by hand
    GET    /__simulator__/events/registrations          state, journal address, counts and last attempts of each
    POST   /__simulator__/events/registrations          {"clientId"?, "webhookUrl", "deliveryType"?, "eventsOfInterest"?, "name"?}
    POST   /__simulator__/events/registrations/{id}/enable   ask for the challenge again; nothing is replayed
    DELETE /__simulator__/events/registrations/{id}          told nothing any more
    POST   /__simulator__/events/settings     {"duplicate"?, "reorder"?, "lose"?, "forge"?, "forge_client"?: shares of 0 to 1,
                                              "delay"?, "burst"?: seconds, "retry_scale"?, "at_once"?}
    POST   /__simulator__/events/keys/rotate  exchange one of the two signing keys
    POST   /__simulator__/reset               as when it was started, with nothing taken in; tokens stay valid

Faults strike the next call, the next `times` calls, or each call with chance `rate` (0 to 1) until they are disarmed; which
calls a rate hits hangs on the fault's `seed` alone, or on `--seed` and its id. `match` {"operation" | "method" | "path"} narrows
or widens what they strike. Without it, faults of creating, listing and detail strike jobs only. Operations are `create list
detail content consent token workorder_create workorder_list workorder_detail ttl_create ...` (calls.py); a path is a beginning,
and of the operations under it a fault strikes those it can: {"path": "/data/core"} on a fault of listing is every list.

    unauthorized forbidden not_found error500 error503     that answer, nothing is done; of any call but tokens
    cut_before_answer, hang, slow_unprocessed ("seconds")  no answer, or a 503 late, nothing is done
    redirect ("location")                                  302
    throttle, throttle_date ("retry_after"), throttle_bare 429 with Retry-After in seconds, as a date, without it
    limit400, reject400                                    a creating call is refused: for a limit, for its body
    accept_then_cut, accept_then_500, garbage              a creating call is done, its answer is lost (garbage: of any, by match)
    slow ("seconds")                                       the call is done, its answer comes late
    double, fewer_jobs ("missing")                         a creating call is done twice; its answer leaves jobs out
    list_lag, detail_lag ("seconds")                       what was true then; newer jobs or orders are not there (detail: 404).
                                                           Until disarmed, unless told how often
    list_repeat_page ("page"?, "rows"?)                    the page before again, or begins so many rows early
    list_miss_page ("page"?, "rows"? | "mode": "skip")     an empty page; begins so many rows late; the page after it. The total
                                                           of work orders stays
    token_down, token_refused, token_cut                   503, a wrong secret, no answer from the token endpoint
    truncated_zip, cut_zip, zip_path_tricks                half of a result as if it were all; its whole length promised, half
                                                           sent; a result with names that lead out of its folder
    refuse ("seconds", "port": "tokens"?)                  the port is closed for a time, or only that of `--ims-port`

A fault counts as struck when the answer is another one because of it: a page that does not exist cannot be missed. Of `refuse`
each closing counts: it is the kernel that refuses, and tells nobody how often.
"""
