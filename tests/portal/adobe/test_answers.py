from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.adobe.answers import (
    Unreadable,
    read_created_jobs,
    read_date,
    read_error,
    read_job,
    read_job_page,
    read_status,
)

PASS_JOB: dict[str, Any] = {
    "jobId": "d9a6b417-f619-4420-82a3-09f61fa8eff3",
    "requestId": "15765127177927284RX-739",
    "userKey": "John Dow",
    "action": "access",
    "status": "complete",
    "submittedBy": "564f7c9a-e0c8-4e74-99b8-20317ae1e235@techacct.adobe.com",
    "createdDate": "12/16/2019 04:11 PM GMT",
    "lastModifiedDate": "12/16/2019 04:15 PM GMT",
    "userIds": [{"namespace": "urn:dish", "value": "1234", "type": "unregistered", "isDeletedClientSide": False}],
    "productResponses": [
        {
            "product": "Adobe Pass Authentication",
            "retryCount": 0,
            "processedDate": "12/16/2019 04:15 PM GMT",
            "productStatusResponse": {
                "status": "complete",
                "results": {"receiptData": {"createdAt": "2019-12-16T16:15:23.4Z"}},
            },
            "message": "Success",
        }
    ],
    "downloadUrl": "https://va7gdprdevblob.blob.core.windows.net/x.zip",
    "regulation": "ccpa",
}


def job_with(**changes: Any) -> bytes:
    return json.dumps(PASS_JOB | changes).encode()


def test_it_reads_the_oldest_create_answer() -> None:
    raw = (
        b'{"jobs":[{"jobId":"a1","customer":{"user":{"key":"DavidSmith","action":["access"]}}},'
        b'{"jobId":"b2","customer":{"user":{"key":"user12345","action":["delete"]}}}],"requestStatus":1}'
    )
    created = read_created_jobs(raw)
    assert [(job.job_id, job.key, job.action) for job in created.jobs] == [
        ("a1", "DavidSmith", "access"),
        ("b2", "user12345", "delete"),
    ]
    assert created.request_id == ""
    assert created.raw == raw


def test_it_reads_a_create_answer_without_key() -> None:
    raw = b'{"requestId":"16RX-245","totalRecords":1,"jobs":[{"jobId":"9","customer":{"user":{"action":["delete"]}}}]}'
    created = read_created_jobs(raw)
    assert created.request_id == "16RX-245"
    assert (created.jobs[0].key, created.jobs[0].action) == ("", "delete")


def test_it_reads_a_create_answer_under_the_name_of_the_schema() -> None:
    raw = b'{"jobDetails":[{"jobID":"7","userKey":"k","action":"access","news":{"x":[1]}}],"more":true}'
    (job,) = read_created_jobs(raw).jobs
    assert (job.job_id, job.key, job.action) == ("7", "k", "access")


def test_it_leaves_out_created_jobs_without_an_id() -> None:
    created = read_created_jobs(b'{"jobs":[{"jobId":"1"},{"jobId":null},{},"text",null]}')
    assert [job.job_id for job in created.jobs] == ["1"]


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", b"[]", b"null", b'{"jobs":{}}', b"{}", b"\xff\xfe", b"[" * 200_000, b'{"error_code":"5"}']
)
def test_it_calls_what_is_no_create_answer_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read_created_jobs(raw)


def test_it_reads_a_page_of_jobs() -> None:
    raw = json.dumps(
        {
            "totalRecords": 4,
            "jobDetails": [
                {
                    "jobId": "3f9d",
                    "requestId": "16RX-318",
                    "userKey": "K#1",
                    "action": "delete",
                    "status": "Complete",
                    "submittedBy": "someone",
                    "createdDate": "04/29/2021 09:53 PM GMT",
                    "lastModifiedDate": "2021-04-29T23:20:00Z",
                    "unknownField": [],
                }
            ],
        }
    ).encode()
    page = read_job_page(raw)
    (job,) = page.jobs
    assert page.total_records == 4
    assert (job.job_id, job.user_key, job.action, job.status, job.status_word) == (
        "3f9d",
        "K#1",
        "delete",
        "complete",
        "Complete",
    )
    assert job.created_at == datetime(2021, 4, 29, 21, 53, tzinfo=UTC)
    assert job.modified_at == datetime(2021, 4, 29, 23, 20, tzinfo=UTC)


def test_it_reads_an_empty_page_with_and_without_its_list() -> None:
    assert read_job_page(b'{"totalRecords":0,"jobDetails":[]}').jobs == ()
    assert read_job_page(b'{"totalRecords":0}').jobs == ()
    assert read_job_page(b'{"jobs":[]}').total_records is None


@pytest.mark.parametrize("raw", [b'{"jobDetails":[{"status":"complete"}]}', b'{"totalRecords":3}', b'{"jobs":["x"]}'])
def test_it_calls_a_page_that_hides_a_job_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read_job_page(raw)


def test_it_reads_a_job_with_the_message_beside_the_status() -> None:
    job = read_job(job_with())
    (product,) = job.products
    assert (job.status, job.regulation, job.user_key) == ("complete", "ccpa", "John Dow")
    assert job.created_at == datetime(2019, 12, 16, 16, 11, tzinfo=UTC)
    assert job.download_url == "https://va7gdprdevblob.blob.core.windows.net/x.zip"
    assert (product.product, product.status, product.message) == ("Adobe Pass Authentication", "complete", "Success")
    assert product.results == {"receiptData": {"createdAt": "2019-12-16T16:15:23.4Z"}}
    assert json.loads(product.raw) == PASS_JOB["productResponses"][0]
    assert (job.identities[0].namespace, job.identities[0].value) == ("urn:dish", "1234")
    assert job.identities[0].namespace_id is None


def test_it_reads_code_and_detail_as_they_came() -> None:
    entry = {
        "product": "Profile",
        "retryCount": 2,
        "processedDate": None,
        "productStatusResponse": {
            "status": "complete",
            "message": "Success",
            "responseMsgCode": "PRVCY-6054-200",
            "responseMsgDetail": "PARTIALLY COMPLETED",
            "results": {"processed": ["1"], "ignored": []},
        },
    }
    bare = {"product": "Target", "productStatusResponse": {"status": 2, "responseMsgCode": "6000-200"}}
    first, second = read_job(job_with(productResponses=[entry, bare])).products
    assert (first.code, first.detail, first.retry_count) == ("PRVCY-6054-200", "PARTIALLY COMPLETED", 2)
    assert (first.processed_at, first.results) == (None, {"processed": ["1"], "ignored": []})
    assert (second.code, second.status, second.status_word, second.retry_count) == ("6000-200", "processing", "2", 0)


@pytest.mark.parametrize("name", ["downloadURL", "downloadUrl"])
def test_it_reads_both_spellings_of_the_download_address(name: str) -> None:
    job = {key: value for key, value in PASS_JOB.items() if key != "downloadUrl"} | {name: "https://a/b"}
    assert read_job(json.dumps(job).encode()).download_url == "https://a/b"


@pytest.mark.parametrize("name", ["userIds", "userIDs"])
def test_it_reads_both_spellings_of_the_identities(name: str) -> None:
    job = {"jobID": "1", name: [{"namespace": "ECID", "value": "9", "type": "standard", "namespaceId": 4}]}
    (identity,) = read_job(json.dumps(job).encode()).identities
    assert (identity.namespace, identity.namespace_id) == ("ECID", 4)


def test_it_reads_what_only_the_schema_knows() -> None:
    job = read_job(job_with(qualifiedCount=12, childJobs=["c1", {"jobId": "c2"}, {}], downloadUrl=None))
    assert job.qualified_count == 12
    assert job.child_jobs == ("c1", "c2")
    assert job.download_url is None


def test_it_reads_a_job_with_nothing_but_its_id() -> None:
    job = read_job(b'{"jobId":"x"}')
    assert (job.status, job.status_word, job.created_at, job.products) == ("other", "", None, ())


@pytest.mark.parametrize("raw", [b"{}", b'{"jobId":""}', b'["jobId"]', b"not json", b'{"jobId":{}}'])
def test_it_calls_a_job_without_id_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read_job(raw)


@pytest.mark.parametrize("bare", [1, "1", "complete"])
def test_a_product_whose_answer_is_a_bare_number_or_word_is_understood(bare: Any) -> None:
    (product,) = read_job(job_with(productResponses=[{"product": "Analytics", "productStatusResponse": bare}])).products
    assert (product.status, product.status_word) == ("complete", str(bare))


@pytest.mark.parametrize("entry", [None, "text", 5, [], {"product": None}, {"product": [], "productStatusResponse": ["4"]}])
def test_it_survives_any_product_entry(entry: Any) -> None:
    (product,) = read_job(job_with(productResponses=[entry])).products
    assert product.status == "other"


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (1, "complete"),
        ("1", "complete"),
        (2, "processing"),
        ("3", "submitted"),
        (4, "error"),
        ("COMPLETE", "complete"),
        (" Processing ", "processing"),
        ("Submitted", "submitted"),
        ("eRRor", "error"),
        (5, "other"),
        (0, "other"),
        (True, "other"),
        ("cancelled", "other"),
        (None, "other"),
        ({}, "other"),
    ],
)
def test_it_maps_words_and_numbers_to_one_vocabulary(value: Any, status: str) -> None:
    assert read_status(value) == status


def test_it_keeps_an_unknown_word() -> None:
    job = read_job(job_with(status="cancelled"))
    assert (job.status, job.status_word) == ("other", "cancelled")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("10/02/2019 08:25 PM GMT", datetime(2019, 10, 2, 20, 25, tzinfo=UTC)),
        ("10/02/2019 12:05 AM GMT", datetime(2019, 10, 2, 0, 5, tzinfo=UTC)),
        ("10/02/2019 12:05 pm GMT", datetime(2019, 10, 2, 12, 5, tzinfo=UTC)),
        ("2019-12-16T16:15:23.4Z", datetime(2019, 12, 16, 16, 15, 23, 400000, tzinfo=UTC)),
        ("2019-12-16T18:15:23+02:00", datetime(2019, 12, 16, 16, 15, 23, tzinfo=UTC)),
        ("2019-12-16T16:15:23", datetime(2019, 12, 16, 16, 15, 23, tzinfo=UTC)),
    ],
)
def test_it_reads_both_date_styles(text: str, moment: datetime) -> None:
    assert read_date(text) == moment


@pytest.mark.parametrize(
    "value", ["", "soon", "13/40/2019 08:25 PM GMT", "10/02/2019 15:25 PM GMT", "0001-01-01T00:00:00+14:00", None, 5]
)
def test_it_takes_an_unreadable_date_for_none(value: Any) -> None:
    assert read_date(value) is None


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"error_code": "403010", "message": "Oauth token is missing."}, "403010", "Oauth token is missing."),
        ({"errorCode": "1010-400", "title": "No"}, "1010-400", "No"),
        ({"code": 400001, "detail": "Bad"}, "400001", "Bad"),
        ({"type": "/errors/x", "title": "Bad", "detail": "type"}, "/errors/x", "Bad: type"),
        ({"error": "invalid_client", "error_description": "invalid id"}, "invalid_client", "invalid id"),
        ({"error": {"code": "77", "message": "inner"}}, "77", "inner"),
        ({"message": ["x"]}, "", ""),
    ],
)
def test_it_reads_every_error_shape(body: Any, code: str, words: str) -> None:
    assert read_error(json.dumps(body).encode()) == (code, words)


def test_it_reads_errors_that_are_no_json() -> None:
    assert read_error(b"upstream is down") == ("", "upstream is down")
    assert read_error(b"<html><body>502</body></html>") == ("", "")
    assert read_error(b"") == ("", "")


def test_it_keeps_personal_data_out_of_repr() -> None:
    shown = repr(read_job(job_with())) + repr(read_created_jobs(b'{"jobs":[{"jobId":"1","userKey":"John Dow"}]}'))
    assert "John Dow" not in shown
    assert "1234" not in shown
    assert "techacct" not in shown


def test_an_id_that_is_far_too_long_is_none() -> None:
    long = {"jobId": "x" * 256, "customer": {"user": {"key": "a", "action": ["access"]}}}
    answer = read_created_jobs(json.dumps({"requestId": "y" * 256, "jobs": [long]}).encode())
    assert (answer.request_id, answer.jobs) == ("", ())
    with pytest.raises(Unreadable):
        read_job_page(json.dumps({"jobDetails": [long]}).encode())


@pytest.mark.parametrize(("code", "plain"), [("PRVCY-6052-200", "PRVCY-6052-200"), ("no such person", ""), ("x" * 41, "")])
def test_a_code_in_clear_is_a_code_and_no_text(code: str, plain: str) -> None:
    product = {"product": "Analytics", "productStatusResponse": {"status": "error", "responseMsgCode": code}}
    answer = read_job(json.dumps({"jobId": "1", "status": "error", "productResponses": [product]}).encode())
    assert answer.products[0].plain_code == plain


def test_a_nul_in_a_text_is_left_out() -> None:
    assert read_job(b'{"jobId": "1", "status": "odd\\u0000word"}').status_word == "oddword"


def _created_entry(user: Any, **entry: Any) -> dict[str, Any]:
    return {"jobId": "a1", "customer": {"user": user}} | entry


@pytest.mark.parametrize(
    "entry",
    [
        _created_entry({"key": "K", "action": ["access"]}),
        _created_entry({"key": "K\0x", "action": ["acc\0ess"]}, jobId="a\0b"),
        _created_entry({"key": "", "action": ["access"]}, userKey="outer"),
        _created_entry({"key": 17, "action": ["access"]}),
        _created_entry({"key": "K", "action": "access"}),
        _created_entry({"key": "K", "action": ["access", "delete"]}),
        _created_entry({"key": "K", "action": []}),
        _created_entry({"key": "K", "action": ["access"]}, jobId="y" * 256),
        _created_entry({"key": "K", "action": ["access"]}, jobId=17),
        _created_entry({"Key": "K", "Action": ["access"]}),
    ],
)
def test_an_entry_of_the_usual_form_reads_as_in_any_other_casing(entry: dict[str, Any]) -> None:
    """The usual form is read by a way of its own, because answers are long; the other casing goes the general way."""
    other = json.dumps({"jobs": [{"JOBID": entry["jobId"], **{name: value for name, value in entry.items() if name != "jobId"}}]})
    usual = json.dumps({"jobs": [entry]})
    assert read_created_jobs(usual.encode()).jobs == read_created_jobs(other.encode()).jobs
