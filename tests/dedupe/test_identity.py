import datetime as dt

from dedupe.identity import anchor_order, case_ref, customer_id, record_ref

# printf 'zt63-abonent:100' | openssl dgst -sha256 -mac HMAC -macopt key:k…k -binary | base32
KEY, REF_KEY = b"k" * 32, b"r" * 32


def test_customer_id_is_what_openssl_says():
    assert customer_id("zt63-abonent:100", key=KEY) == "3YZHPHJPFWLGZSJA"


def test_case_ref_is_what_openssl_says():
    assert case_ref("zt63-abonent:100", "zt99-abonent:7", key=REF_KEY) == "sdg6qj2imsbm"


def test_references_need_the_key():
    assert record_ref("zt63-abonent:100", key=KEY) == "3yzhphjpfwlg"
    assert record_ref("zt63-abonent:100", key=REF_KEY) != record_ref("zt63-abonent:100", key=KEY)


def test_anchor_is_least_by_unit_then_first_delivery_then_id():
    ids = ["a:9", "b:1", "b:2", "c:1"]
    units = ["krakow", "poznan", "poznan", "pilot"]
    late, early = dt.date(2003, 9, 22), dt.date(2002, 10, 28)
    first_seen = {"a:9": early, "b:1": late, "b:2": early, "c:1": late}
    rank = anchor_order(ids, units, first_seen=first_seen, business_dates=[late] * 4)
    assert sorted(ids, key=lambda one: rank[ids.index(one)]) == ["c:1", "b:2", "b:1", "a:9"]


def test_a_record_never_delivered_before_counts_from_its_own_date():
    rank = anchor_order(
        ["a:1", "a:2"], ["poznan"] * 2, first_seen={}, business_dates=[dt.date(2003, 9, 23), dt.date(2003, 9, 22)]
    )
    assert rank.tolist() == [1, 0]
