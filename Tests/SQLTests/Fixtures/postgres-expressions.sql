-- Expressions over the table `v` of the script postgres-types, one a line.
1
2147483648
9223372036854775808
1.5
1e3
'a'
NULL
TRUE
X'1F'
B'101'
DATE '2026-01-01'
TIMESTAMP '2026-01-01 00:00'
TIMESTAMPTZ '2026-01-01 00:00Z'
INTERVAL '1 day'
TIME '12:00'
ARRAY[1, 2]
ARRAY['a', 'b']
ARRAY[[1], [2]]
ARRAY(SELECT i)
'{}'::jsonb
s + 1
s + s
i + b
i * n
i * r
r * r
r + d
n + r
d + n
i / 2
i / n
i % 2
b - s
i ^ 2
n ^ 2
-i
- n
@ i
|/ i
~ i
i & 1
i | b
i << 2
i # 3
t || 'x'
t || i
vc || ch
t || NULL
by || by
ia || 1
1 || ia
ia || ia
jb || '{}'
jb -> 'a'
jb ->> 'a'
jb #> '{a}'
jb #>> '{a}'
js -> 'a'
js -> 0
js ->> 0
jb - 'a'
jb #- '{a}'
jb @> '{}'
jb ? 'a'
ia @> ia
ia && ia
t ~ 'a'
t LIKE 'a%'
i = 1
i IS NULL
b1 AND i > 1
NOT b1
i BETWEEN 1 AND 2
i IN (1, 2)
i = ANY (ia)
EXISTS (SELECT 1)
da + 1
1 + da
da - 1
da - da
da - '2026-01-01'
da + ti
da + iv
da - iv
ts + iv
iv + ts
ts - ts
ts - da
tz - tz
tz - ts
tz + iv
tz - '2026-01-01'
ti + iv
ti - ti
iv * 2
2 * iv
iv / 2
iv + iv
- iv
tz AT TIME ZONE 'UTC'
ts AT TIME ZONE 'UTC'
da AT TIME ZONE 'UTC'
timezone('UTC', ts)
CASE WHEN b1 THEN 1 ELSE 2.5 END
CASE WHEN b1 THEN i ELSE b END
CASE WHEN b1 THEN NULL ELSE vc END
CASE WHEN b1 THEN 'x' ELSE vc END
CASE WHEN b1 THEN t ELSE vc END
CASE WHEN b1 THEN 'x' ELSE NULL END
CASE WHEN b1 THEN da ELSE ts END
CASE WHEN b1 THEN ts ELSE tz END
CASE WHEN b1 THEN r ELSE n END
CASE WHEN b1 THEN '2026-01-01' ELSE da END
COALESCE(i, 0)
COALESCE(NULL, 'a')
COALESCE(s, b)
COALESCE(da, '2026-01-01')
COALESCE(vc, 'none')
COALESCE(ch, vc)
NULLIF(i, 0)
NULLIF(vc, '')
NULLIF(n, 0)
GREATEST(i, n)
LEAST(i, 1.5, r)
CAST(t AS int)
t::numeric(10, 2)
i::varchar(3)
t::date
t::int[]
CAST(i AS double precision)
abs(i)
abs(n)
abs(r)
ceil(i)
ceil(n)
floor(d)
round(i)
round(n)
round(n, 2)
round(i, 2)
trunc(d)
trunc(n, 1)
sign(i)
sign(n)
sqrt(i)
sqrt(n)
exp(n)
ln(d)
log(i)
log(2, n)
power(i, 2)
power(n, 2)
mod(i, b)
mod(n, 2)
gcd(i, 2)
div(n, 2)
random()
pi()
sin(d)
degrees(d)
width_bucket(n, 0, 10, 5)
factorial(5)
length(t)
char_length(t)
octet_length(t)
lower(vc)
upper(t)
initcap(t)
trim(t)
btrim(t, 'x')
trim(by, by)
substring(t, 1, 2)
substring(t FROM 'a')
substring(by, 1)
overlay(t placing 'x' from 1)
position('a' in t)
strpos(t, 'a')
left(t, 1)
replace(t, 'a', 'b')
repeat(t, 2)
lpad(t, 3)
split_part(t, ',', 1)
concat(t, i)
concat_ws(',', t, i)
format('%s', t)
md5(t)
sha256(by)
encode(by, 'hex')
decode(t, 'hex')
ascii(t)
chr(65)
to_hex(i)
translate(t, 'a', 'b')
reverse(t)
regexp_replace(t, 'a', 'b')
regexp_match(t, 'a')
regexp_split_to_array(t, ',')
regexp_count(t, 'a')
regexp_substr(t, 'a')
regexp_like(t, 'a')
starts_with(t, 'a')
string_to_array(t, ',')
array_to_string(ia, ',')
to_char(n, '999')
to_char(ts, 'YYYY')
to_number(t, '999')
to_date(t, 'YYYY')
to_timestamp(t, 'YYYY')
to_timestamp(0)
now()
current_date
current_time
current_timestamp
localtime
localtimestamp
clock_timestamp()
date_trunc('day', ts)
date_trunc('day', tz)
date_trunc('day', da)
date_trunc('day', iv)
date_trunc('day', tz, 'UTC')
date_bin('1 hour', ts, ts)
date_part('year', ts)
extract(year from da)
extract(epoch from tz - tz)
age(ts)
age(tz, tz)
make_date(2026, 1, 1)
make_interval(days => 1)
make_timestamp(2026, 1, 1, 0, 0, 0)
make_timestamptz(2026, 1, 1, 0, 0, 0)
make_time(1, 2, 3)
justify_days(iv)
isfinite(da)
gen_random_uuid()
version()
current_user
current_schema
pg_typeof(i)
current_setting('x')
pg_size_pretty(b)
array_length(ia, 1)
cardinality(ia)
array_append(ia, 1)
array_prepend(1, ia)
array_cat(ia, ia)
array_remove(ia, 1)
array_position(ia, 1)
array_positions(ia, 1)
ia[1]
ia[1:2]
jb['a']
to_json(i)
to_jsonb(i)
row_to_json(ROW(1))
json_build_object('a', 1)
jsonb_build_array(1)
jsonb_set(jb, '{a}', '1')
jsonb_typeof(jb)
jsonb_array_length(jb)
jsonb_pretty(jb)
jsonb_path_exists(jb, '$')
jsonb_path_query_first(jb, '$')
jsonb_extract_path_text(jb, 'a')
jsonb_strip_nulls(jb)
count(*)
count(DISTINCT i)
sum(s)
sum(i)
sum(b)
sum(n)
sum(r)
sum(d)
sum(iv)
avg(i)
avg(n)
avg(r)
avg(iv)
min(vc)
max(ch)
max(t)
min(da)
max(ia)
stddev(i)
stddev_pop(d)
variance(n)
var_samp(r)
corr(d, d)
regr_slope(d, d)
regr_count(d, d)
bool_and(b1)
every(b1)
bit_or(i)
array_agg(i)
array_agg(ia)
array_agg(t ORDER BY t)
string_agg(t, ',')
string_agg(by, by)
json_agg(i)
jsonb_object_agg(t, i)
percentile_cont(0.5) WITHIN GROUP (ORDER BY i)
percentile_cont(0.5) WITHIN GROUP (ORDER BY iv)
percentile_disc(0.5) WITHIN GROUP (ORDER BY i)
percentile_disc(0.5) WITHIN GROUP (ORDER BY t)
mode() WITHIN GROUP (ORDER BY vc)
row_number() OVER ()
rank() OVER (ORDER BY max(i))
percent_rank() OVER (ORDER BY max(i))
ntile(4) OVER ()
lag(max(i)) OVER ()
lag(max(i), 1, 0.5) OVER ()
first_value(max(t)) OVER ()
sum(sum(i)) OVER ()
grouping(i)
(SELECT i + 1)
(SELECT max(vc) FROM v)
(SELECT 'x')
(SELECT NULL)
unnest(ia)
generate_series(1, i)
generate_series(1, b)
generate_series(ts, ts, iv)
generate_series(da, da, iv)
generate_subscripts(ia, 1)
regexp_matches(t, 'a')
regexp_split_to_table(t, 'a')
jsonb_array_elements(jb)
jsonb_array_elements_text(jb)
json_object_keys(js)
jsonb_object_keys(jb)
ROW(1, 2)
t COLLATE "C"
pg_catalog.lower(t)
