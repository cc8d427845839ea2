# ruff: noqa: S608 - nothing but constants of this module enters the SQL; the file name is a parameter.
"""The tables Splink links: party records prepared in DuckDB as an expert of both would.

Splink compares columns; it does not clean them. So the same standard records our engine reads are folded here (upper
case, no diacritics), diminutives become full names, PESELs give birth dates and sex, shared values of a switchboard are
counted, and every key a blocking rule needs is a column. The time this takes is Splink's, as ours is ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from config.matching import load_matching

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HUB = 12
"""A telephone on more records than this says nothing; our engine has the same limit."""
RARE_NAME = 12
"""A full name on at most so many records is a blocking key by itself."""

_FOLDED = "nullif(trim(regexp_replace(translate(upper(strip_accents({0})), 'Ł', 'L'), '[^A-Z0-9]+', ' ', 'g')), '')"
_SQUEEZED = "nullif(regexp_replace(translate(upper(strip_accents({0})), 'Ł', 'L'), '[^A-Z0-9]+', '', 'g'), '')"
_CONSONANTS = "left(regexp_replace({0}, '[AEIOUYJ -]', '', 'g'), {1})"
_LAST_WORD = "regexp_extract({0}, '([A-Z0-9]+)$', 1)"

# The century is in the month: 1800s +80, 2000s +20, 2100s +40, 2200s +60.
_PESEL_BIRTH = """
try_strptime(
    (case cast(pesel[3:4] as integer) // 20
        when 4 then '18' when 0 then '19' when 1 then '20' when 2 then '21' else '22' end)
    || pesel[1:2] || lpad(cast(cast(pesel[3:4] as integer) % 20 as varchar), 2, '0') || pesel[5:6], '%Y%m%d')"""

_COMMON = f"""
    record_id as unique_id,
    source_id || chr(10) || raw_key as raw_row,
    pesel,
    email,
    phone as phone_any,
    phone_2 as phone_2_any,
    {_FOLDED.format("city")} as city,
    {_FOLDED.format("street")} as street,
    {_SQUEEZED.format("house")} as house,
    {_SQUEEZED.format("flat")} as flat,
    {_SQUEEZED.format("postal_code")} as postal,
    {_FOLDED.format("given_name")} as given,
    replace({_FOLDED.format("family_name")}, ' ', '-') as last_as_written"""

_PERSON_FOLDED = f"""
select {_COMMON},
    {_FOLDED.format("second_given_name")} as second,
    replace({_FOLDED.format("former_family_name")}, ' ', '-') as former,
    id_document,
    coalesce(cast(birth_date as date), cast({_PESEL_BIRTH} as date)) as birth_date,
    coalesce(case when cast(pesel[10:10] as integer) % 2 = 0 then 'F' else 'M' end, sex) as sex
from read_parquet($file) where party_kind = 'person'"""

_FIRM_FOLDED = f"""
select {_COMMON},
    {_FOLDED.format("org_name")} as org,
    legal_form,
    nip,
    regon
from read_parquet($file) where party_kind = 'firm'"""

_HUBS = f"""
create or replace temp table hub as
select number from (select phone_any as number from folded union all select phone_2_any from folded)
where number is not null group by number having count(*) > {HUB}"""

_ADDRESS_KEYS = f"""
    {_LAST_WORD.format("street")} as street_word,
    left(postal, 2) as postal_2,
    left(street, 3) as street_3"""

_PHONES = """
    case when phone_any not in (select number from hub) then phone_any end as phone,
    case when phone_2_any not in (select number from hub) then phone_2_any end as phone_2"""

_PERSON = f"""
create or replace table person as
with keyed as (
    select folded.* exclude (phone_any, phone_2_any, birth_date), {_PHONES}, {_ADDRESS_KEYS},
        coalesce(diminutive.full_name, given) as first,
        regexp_replace(last_as_written, '(SK|CK|ZK)A$', '\\1I') as last,
        strftime(birth_date, '%Y-%m-%d') as birth
    from folded left join diminutive on folded.given = diminutive.short
)
select *,
    first || ' ' || last as full_name,
    case when count(*) over (partition by first, last) <= {RARE_NAME} then first || ' ' || last end as rare_name,
    left(first, 1) as first_1, left(first, 3) as first_3, left(last, 3) as last_3, left(last, 4) as last_4,
    split_part(last, '-', 1) as last_head,
    list_distinct(list_filter(string_split(last, '-') || [last, former], lambda x: x is not null)) as last_parts,
    {_CONSONANTS.format("first", 4)} as first_sk,
    {_CONSONANTS.format("last", 5)} as last_sk,
    birth[1:4] as birth_y, birth[1:7] as birth_ym, birth[6:10] as birth_md,
    list_distinct(list_filter([phone, phone_2], lambda x: x is not null)) as phones
from keyed"""

_FIRM = f"""
create or replace table firm as
with keyed as (
    select folded.* exclude (phone_any, phone_2_any), {_PHONES}, {_ADDRESS_KEYS},
        array_to_string(list_sort(list_distinct(list_filter(
            string_split(org, ' '), lambda x: length(x) > 1 and not list_contains(generic, lower(x))))), ' ') as core
    from folded, (select list(word) as generic from generic_word)
)
select *,
    nullif(core, '') as org_core,
    array_to_string(list_sort(list_distinct(string_split(org, ' '))), ' ') as org_words,
    string_split(nullif(core, ''), ' ') as core_words,
    split_part(org, ' ', 1) as org_1,
    left(replace(org, ' ', ''), 8) as org_8,
    {_CONSONANTS.format("org", 8)} as org_sk,
    list_reduce(string_split(core, ' '), lambda x, y: case when length(y) > length(x) then y else x end) as org_long,
    case when length(org) - length(replace(org, ' ', '')) >= 2
        then array_to_string(list_transform(string_split(org, ' '), lambda x: left(x, 1)), '') end as org_initials,
    left(regon, 9) as regon_9,
    nullif(regexp_extract(org, '(ODDZIAL|ODDZ|FILIA|O) (.+)$', 2), '') as branch,
    left(last_as_written, 4) as last_4,
    list_distinct(list_filter([phone, phone_2], lambda x: x is not null)) as phones
from keyed"""


def prepare(connection: DuckDBPyConnection, file: Path) -> None:
    """Make the tables ``person`` and ``firm`` of a Parquet file of party records."""
    _register_words(connection)
    for folded, table in ((_PERSON_FOLDED, _PERSON), (_FIRM_FOLDED, _FIRM)):
        connection.execute(f"create or replace temp table folded as {folded}", {"file": str(file)})
        connection.execute(_HUBS)
        connection.execute(table)
    connection.execute("drop table folded")


def _register_words(connection: DuckDBPyConnection) -> None:
    """The diminutives and trade words our engine knows, for Splink too."""
    matching = load_matching()
    short = sorted(matching.diminutives)
    full = [min(matching.diminutives[name]).upper() for name in short]
    diminutive = pa.table({"short": [name.upper() for name in short], "full_name": full})
    generic = pa.table({"word": pa.array(sorted(matching.generic_words), type=pa.string())})
    for name, table in (("diminutive", diminutive), ("generic_word", generic)):
        connection.register(f"{name}_given", table)
        connection.execute(f"create or replace temp table {name} as select * from {name}_given")
