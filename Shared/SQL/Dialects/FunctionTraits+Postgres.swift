// PostgreSQL's functions, as of version 15.

extension FunctionTraits {
    static let postgres = FunctionTraits(
        results: table(postgresNumbers + postgresTexts + postgresTimes + postgresDocuments + postgresSystem),
        aggregates: words(
            "count sum avg min max array_agg string_agg bool_and bool_or every any_value json_agg jsonb_agg "
                + "json_object_agg jsonb_object_agg stddev stddev_pop stddev_samp variance var_pop var_samp corr "
                + "covar_pop covar_samp percentile_cont percentile_disc mode bit_and bit_or bit_xor regr_slope "
                + "regr_intercept regr_count regr_r2 regr_avgx regr_avgy regr_sxx regr_syy regr_sxy range_agg "
                + "range_intersect_agg xmlagg"),
        setReturning: words(
            "unnest generate_series generate_subscripts json_array_elements json_array_elements_text json_each "
                + "json_each_text json_object_keys jsonb_array_elements jsonb_array_elements_text jsonb_each "
                + "jsonb_each_text jsonb_object_keys jsonb_path_query jsonb_path_query_tz regexp_matches "
                + "regexp_split_to_table string_to_table json_populate_recordset jsonb_populate_recordset "
                + "json_to_recordset jsonb_to_recordset"),
        tables: [
            "json_each": [("key", .text), ("value", .json)], "jsonb_each": [("key", .text), ("value", .jsonb)],
            "json_each_text": [("key", .text), ("value", .text)],
            "jsonb_each_text": [("key", .text), ("value", .text)],
            "json_array_elements": [("value", .json)], "jsonb_array_elements": [("value", .jsonb)],
            "json_array_elements_text": [("value", .text)], "jsonb_array_elements_text": [("value", .text)],
        ],
        sums: [.int16: .int64, .int32: .int64, .int64: .numeric], wholeAverage: .numeric,
        integers: [.int32, .int64, .numeric], decimal: .numeric, null: .text, integersDivideToIntegers: true,
        dateDifference: .int32, arraysAreFlat: true)

    private static let postgresNumbers: [(Result, String)] = [
        (
            .type(.int64),
            "count row_number rank dense_rank regr_count nextval currval lastval setval txid_current "
                + "pg_total_relation_size pg_relation_size pg_table_size pg_database_size"
        ),
        (
            .type(.int32),
            "ntile length char_length character_length octet_length bit_length position strpos ascii cardinality "
                + "array_length array_position array_ndims array_lower array_upper grouping width_bucket scale min_scale "
                + "json_array_length jsonb_array_length regexp_count regexp_instr generate_subscripts get_byte "
                + "get_bit hashtext pg_backend_pid num_nulls num_nonnulls"
        ),
        (
            .type(.float64),
            "date_part random pi sin cos tan asin acos atan atan2 cot sind cosd tand asind acosd atand atan2d sinh cosh "
                + "tanh asinh acosh atanh radians degrees cbrt percent_rank cume_dist corr covar_pop covar_samp regr_slope "
                + "regr_intercept regr_r2 regr_avgx regr_avgy regr_sxx regr_syy regr_sxy similarity"
        ),
        (.type(.numeric), "extract to_number factorial div trim_scale"),
        (.number, "ceil ceiling floor sqrt exp ln log10 sign"), (.rounded, "round trunc"), (.power, "power pow log"),
        (.argument(0), "abs bit_and bit_or bit_xor"), (.common(from: 0), "mod gcd lcm"),
        (.sum, "sum"), (.average, "avg"), (.deviation, "stddev stddev_pop stddev_samp variance var_pop var_samp"),
        (.ordered, "percentile_disc mode"), (.interpolated, "percentile_cont"),
    ]

    private static let postgresTexts: [(Result, String)] = [
        (
            .type(.text),
            "concat concat_ws lower upper initcap left right repeat replace lpad rpad split_part translate md5 to_char format "
                + "quote_ident quote_literal quote_nullable regexp_replace regexp_substr chr to_hex encode reverse "
                + "array_to_string array_dims json_extract_path_text jsonb_extract_path_text json_typeof jsonb_typeof "
                + "jsonb_pretty string_to_table regexp_split_to_table json_object_keys jsonb_object_keys "
                + "json_array_elements_text jsonb_array_elements_text to_ascii unistr normalize"
        ),
        (.textOrBytes, "substring substr trim btrim ltrim rtrim overlay string_agg"),
        (.type(.bytes), "decode sha224 sha256 sha384 sha512 convert_to set_byte set_bit gen_random_bytes digest"),
        (.type(.text), "convert_from"),
        (.type(.boolean), "bool_and bool_or every starts_with isfinite regexp_like"),
        (
            .type(.array(DataType(kind: .text))),
            "string_to_array regexp_match regexp_matches regexp_split_to_array parse_ident"
        ),
        (.plain, "min max any_value nullif"),
    ]

    private static let postgresTimes: [(Result, String)] = [
        (.type(.date), "current_date to_date make_date date"),
        (
            .type(.timestampTZ),
            "now current_timestamp transaction_timestamp statement_timestamp clock_timestamp to_timestamp "
                + "make_timestamptz"
        ),
        (.type(.timestamp), "localtimestamp make_timestamp"), (.type(.time), "localtime make_time"),
        (.type(.timeTZ), "current_time"), (.type(.text), "timeofday"),
        (.type(.interval), "age make_interval justify_days justify_hours justify_interval"),
        (.truncatedTime(1), "date_trunc date_bin"), (.zoned(1), "timezone"), (.series, "generate_series"),
    ]

    private static let postgresDocuments: [(Result, String)] = [
        (
            .type(.json),
            "to_json json_build_object json_build_array json_agg json_object_agg row_to_json array_to_json json_object "
                + "json_extract_path json_strip_nulls json_array_elements"
        ),
        (
            .type(.jsonb),
            "to_jsonb jsonb_build_object jsonb_build_array jsonb_agg jsonb_object_agg jsonb_set jsonb_set_lax jsonb_insert "
                + "jsonb_object jsonb_extract_path jsonb_strip_nulls jsonb_array_elements jsonb_path_query "
                + "jsonb_path_query_array jsonb_path_query_first"
        ),
        (.type(.boolean), "jsonb_path_exists jsonb_path_match jsonb_exists isempty"),
        (.argument(0), "array_remove array_replace trim_array array_cat"),
        (.arrayFrom(0), "array_append"), (.arrayFrom(1), "array_prepend"),
        (.type(.array(DataType(kind: .int32))), "array_positions"),
        (.arrayOfArgument, "array_agg array_fill"), (.element, "unnest"),
        (.argument(0), "first_value last_value nth_value"), (.valueOrDefault, "lag lead"),
        (.common(from: 0), "coalesce greatest least"),
    ]

    private static let postgresSystem: [(Result, String)] = [
        (.type(.uuid), "gen_random_uuid uuid_generate_v4"),
        (.type(.text), "version current_setting pg_size_pretty obj_description col_description pg_get_viewdef"),
        (
            .type(.named(QualifiedName("name"))),
            "current_user session_user user current_role current_schema current_database current_catalog"
        ),
        (.type(.named(QualifiedName("regtype"))), "pg_typeof"),
    ]
}
