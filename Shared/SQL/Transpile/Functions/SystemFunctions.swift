/// Functions about the session and the server, and conversions that are functions.
enum SystemFunctions {
    static let toBigQuery: FunctionTable.Family = [
        (
            "version current_database current_schema current_schemas inet_client_addr inet_server_addr txid_*",
            .refused("BigQuery has no such session.")
        ),
        ("pg_typeof format_type", .refused("")),
        ("nextval currval setval lastval", .refused("BigQuery has no sequences; write GENERATE_UUID().")),
        ("pg_* to_reg* set_config current_setting col_description obj_description", .refused("")),
        ("has_table_privilege has_schema_privilege has_column_privilege row_security_active", .refused("")),
        (
            "to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_rank ts_rank_cd ts_headline",
            .refused("Write SEARCH.")
        ),
        ("setweight numnode querytree tsvector_to_array array_to_tsvector", .refused("Write SEARCH.")),
        ("similarity word_similarity levenshtein", .refused("Write EDIT_DISTANCE.")),
        ("host hostmask netmask network masklen set_masklen broadcast family abbrev", .refused("Write NET.IP_TRUNC.")),
        ("xml* xpath xpath_exists table_to_xml schema_to_xml database_to_xml", .refused("BigQuery has no XML.")),
        ("area center diameter radius height width npoints isclosed isopen", .refused("Write functions of geography.")),
        ("enum_first enum_last enum_range", .refused("BigQuery has no enumerated types.")),
        ("convert is_normalized getdatabaseencoding lo_*", .refused("")),
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
        ("st_* s2_*", .refused("PostgreSQL has functions of geography in its extension PostGIS.")),
        ("bag_of_words text_analyze tf_idf", .refused("Write to_tsvector(text).")),
        ("typeof", .refused("Write pg_typeof, whose names are PostgreSQL's.")),
        ("vector_search external_query appends changes gap_fill external_object_transform", .refused("")),
        ("deterministic_encrypt deterministic_decrypt_string deterministic_decrypt_bytes dlp_*", .refused("")),
    ]
}
