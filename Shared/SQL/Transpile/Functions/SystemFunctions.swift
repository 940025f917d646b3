/// Functions about the session and the server, and conversions that are functions.
enum SystemFunctions {
    static let toBigQuery: FunctionTable.Family = [
        (
            "version current_database current_schema current_schemas pg_backend_pid inet_client_addr pg_typeof txid_current",
            .refused("BigQuery has no such session.")
        ),
        ("nextval currval setval lastval", .refused("BigQuery has no sequences; write GENERATE_UUID().")),
        ("pg_sleep pg_advisory_lock pg_try_advisory_lock pg_notify set_config current_setting", .refused("")),
        ("pg_table_size pg_total_relation_size pg_relation_size pg_size_pretty pg_column_size", .refused("")),
        ("to_tsvector to_tsquery plainto_tsquery websearch_to_tsquery ts_rank ts_headline", .refused("Write SEARCH.")),
        ("similarity word_similarity levenshtein", .refused("Write EDIT_DISTANCE.")),
        ("row_security_active has_table_privilege has_schema_privilege", .refused("")),
        (
            "lower_inc upper_inc lower_inf upper_inf isempty range_merge int4range int8range numrange",
            .refused("BigQuery's ranges are of dates and times.")
        ),
        ("tsrange tstzrange daterange", .refused("Write RANGE(start, end).")),
    ]

    static let toPostgres: FunctionTable.Family = [
        ("parse_numeric parse_bignumeric", .postgres("$1::numeric")),
        (
            "range range_start range_end range_contains range_overlaps range_intersect",
            .refused("Write tstzrange, lower, upper, @> and &&.")
        ),
        ("search", .refused("Write to_tsvector(text) @@ plainto_tsquery(words).")),
        ("vector_search ml_predict external_query appends changes", .refused("")),
    ]
}
