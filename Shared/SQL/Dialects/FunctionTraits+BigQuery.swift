// GoogleSQL's functions.

extension FunctionTraits {
    static let bigQuery = FunctionTraits(
        results: table(bigQueryNumbers + bigQueryTexts + bigQueryTimes + bigQueryDocuments),
        aggregates: words(
            "count countif sum avg min max array_agg array_concat_agg string_agg logical_and logical_or any_value "
                + "approx_count_distinct approx_quantiles approx_top_count approx_top_sum bit_and bit_or bit_xor corr "
                + "covar_pop covar_samp stddev stddev_pop stddev_samp variance var_pop var_samp max_by min_by "
                + "hll_count.init hll_count.merge hll_count.merge_partial st_centroid_agg st_union_agg"),
        setReturning: [], tables: [:], sums: [:], wholeAverage: .float64, integers: [.int64], decimal: .float64,
        null: .int64, integersDivideToIntegers: false, dateDifference: .interval, arraysAreFlat: false)

    private static let bigQueryNumbers: [(Result, String)] = [
        (
            .type(.int64),
            "count countif approx_count_distinct row_number rank dense_rank ntile length char_length character_length "
                + "byte_length octet_length strpos instr regexp_instr extract date_diff datetime_diff timestamp_diff "
                + "time_diff unix_date unix_seconds unix_millis unix_micros array_length farm_fingerprint ascii unicode "
                + "grouping bit_count int64 lax_int64 edit_distance range_bucket st_numpoints hll_count.merge "
                + "hll_count.extract"
        ),
        (
            .type(.float64),
            "rand pi sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh cot sec csc percent_rank cume_dist "
                + "corr covar_pop covar_samp ieee_divide float64 lax_float64 st_distance st_area st_length st_x st_y cbrt "
                + "cosine_distance euclidean_distance"
        ),
        (.type(.numeric), "parse_numeric"), (.type(.bigNumeric), "parse_bignumeric"),
        (.number, "ceil ceiling floor round trunc sqrt exp ln log log10 percentile_cont"),
        (.power, "power pow safe_divide"),
        (.argument(0), "abs sign bit_and bit_or bit_xor safe_negate"),
        (.common(from: 0), "mod div safe_add safe_subtract safe_multiply coalesce greatest least ifnull"),
        (.sum, "sum"), (.average, "avg"), (.deviation, "stddev stddev_pop stddev_samp variance var_pop var_samp"),
    ]

    private static let bigQueryTexts: [(Result, String)] = [
        (
            .type(.text),
            "initcap translate to_hex to_base64 to_base32 format format_date format_datetime format_time format_timestamp "
                + "string lax_string json_value json_extract_scalar to_json_string json_type generate_uuid normalize "
                + "normalize_and_casefold session_user chr code_points_to_string safe_convert_bytes_to_string soundex "
                + "collate array_to_string net.host net.reg_domain net.public_suffix error st_astext st_asgeojson "
                + "st_geohash"
        ),
        (
            .textOrBytes,
            "concat lower upper trim ltrim rtrim left right substring substr replace repeat reverse lpad rpad string_agg "
                + "regexp_extract regexp_substr regexp_replace"
        ),
        (.arrayOfTextOrBytes, "split regexp_extract_all"),
        (
            .type(.bytes),
            "md5 sha1 sha256 sha512 from_hex from_base64 from_base32 code_points_to_bytes net.ip_from_string "
                + "net.safe_ip_from_string hll_count.init hll_count.merge_partial"
        ),
        (
            .type(.boolean),
            "starts_with ends_with regexp_contains contains_substr logical_and logical_or is_nan is_inf bool lax_bool "
                + "st_contains st_within st_intersects st_dwithin st_equals"
        ),
        (.type(.array(DataType(kind: .int64))), "to_code_points"),
    ]

    private static let bigQueryTimes: [(Result, String)] = [
        (.type(.date), "current_date date parse_date date_from_unix_date last_day"),
        (.type(.timestamp), "current_datetime datetime parse_datetime"),
        (
            .type(.timestampTZ),
            "current_timestamp timestamp parse_timestamp timestamp_seconds timestamp_millis timestamp_micros"
        ),
        (.type(.time), "current_time time parse_time"),
        (
            .type(.interval),
            "make_interval justify_days justify_hours justify_interval"
        ),
        (
            .argument(0),
            "date_add date_sub date_trunc datetime_add datetime_sub datetime_trunc timestamp_add timestamp_sub timestamp_trunc "
                + "time_add time_sub time_trunc date_bucket datetime_bucket timestamp_bucket"
        ),
    ]

    private static let bigQueryDocuments: [(Result, String)] = [
        (
            .type(.json),
            "parse_json to_json json_object json_array json_set json_remove json_strip_nulls json_array_append "
                + "json_array_insert"
        ),
        (.textOrJSON, "json_query json_extract"),
        (.type(.array(DataType(kind: .text))), "json_value_array json_extract_string_array json_keys"),
        (.arrayOfArgument, "json_query_array json_extract_array array_agg approx_quantiles"),
        (.argument(0), "array_concat array_reverse array_concat_agg"), (.arrayOfCommon, "generate_array"),
        (.element, "array_first array_last"),
        (.argument(0), "min max any_value max_by min_by nullif first_value last_value nth_value percentile_disc"),
        (.valueOrDefault, "lag lead"), (.common(from: 1), "if"),
        (.type(.array(DataType(kind: .date))), "generate_date_array"),
        (.type(.array(DataType(kind: .timestampTZ))), "generate_timestamp_array"),
        (
            .type(.geography),
            "st_geogpoint st_geogfromtext st_geogfromgeojson st_centroid st_buffer st_centroid_agg st_union_agg"
        ),
    ]
}
