/// What is known of a dialect's functions: which aggregate, and what type they return.
struct FunctionTraits: Sendable {
    /// The type of a call.
    enum Result: Sendable {
        case type(DataType.Kind)
        /// That of the argument of this number.
        case argument(Int)
        /// The one that all arguments have in common.
        case common
        /// An array of the first argument.
        case arrayOfArgument
        /// An element of the first argument, which is an array.
        case element
        /// What a sum of the first argument is.
        case sum
        /// What an average of the first argument is.
        case average
    }

    /// By name in lower case.
    var results: [String: Result]
    /// Names of aggregate functions in lower case.
    var aggregates: Set<String>
    /// Names, in lower case, of functions that make several rows of one.
    var setReturning: Set<String>
    /// What a whole number's sum is, by its type; other numbers stay what they are.
    var sums: [DataType.Kind: DataType.Kind]
    var wholeAverage: DataType.Kind
    /// The types of literals.
    var integer: DataType.Kind
    var decimal: DataType.Kind
    /// `7 / 2` is 3.
    var integersDivideToIntegers: Bool

    static let postgres = FunctionTraits(
        results: table([
            (.type(.int64), "count row_number rank dense_rank ntile regr_count"),
            (
                .type(.int32),
                "length char_length character_length octet_length bit_length position strpos ascii "
                    + "cardinality array_length array_position grouping width_bucket"
            ),
            (
                .type(.float64),
                "date_part random pi sin cos tan asin acos atan atan2 cot radians degrees percent_rank "
                    + "cume_dist corr covar_pop covar_samp regr_slope regr_intercept"
            ),
            (.type(.numeric), "extract"),
            (
                .type(.text),
                "concat concat_ws lower upper initcap trim btrim ltrim rtrim left right substring substr "
                    + "replace repeat reverse lpad rpad split_part translate md5 to_char format quote_ident quote_literal "
                    + "string_agg regexp_replace overlay chr to_hex encode json_extract_path_text "
                    + "jsonb_extract_path_text array_to_string current_user session_user user version"
            ),
            (.type(.boolean), "bool_and bool_or every starts_with isfinite regexp_like"),
            (.type(.date), "current_date to_date make_date"),
            (
                .type(.timestampTZ),
                "now current_timestamp transaction_timestamp statement_timestamp clock_timestamp "
                    + "to_timestamp make_timestamptz"
            ),
            (.type(.timestamp), "localtimestamp make_timestamp"),
            (.type(.interval), "age make_interval justify_days justify_hours justify_interval"),
            (.type(.uuid), "gen_random_uuid"),
            (.type(.bytes), "decode sha224 sha256 sha384 sha512"),
            (.type(.json), "to_json json_build_object json_build_array json_agg json_object_agg row_to_json"),
            (.type(.jsonb), "to_jsonb jsonb_build_object jsonb_build_array jsonb_agg jsonb_object_agg jsonb_set"),
            (
                .argument(0),
                "abs min max any_value lag lead first_value last_value nth_value nullif ceil ceiling floor "
                    + "round trunc mode generate_series sign array_append array_remove array_cat"
            ),
            (.argument(1), "date_trunc date_bin percentile_disc"),
            (.type(.float64), "percentile_cont sqrt cbrt exp ln log power pow"),
            (.common, "coalesce greatest least"), (.arrayOfArgument, "array_agg"), (.element, "unnest"),
            (.sum, "sum"),
            (.average, "avg stddev stddev_pop stddev_samp variance var_pop var_samp"),
        ]),
        aggregates: words(
            "count sum avg min max array_agg string_agg bool_and bool_or every any_value json_agg jsonb_agg "
                + "json_object_agg jsonb_object_agg stddev stddev_pop stddev_samp variance var_pop var_samp corr "
                + "covar_pop covar_samp percentile_cont percentile_disc mode bit_and bit_or bit_xor regr_slope "
                + "regr_intercept regr_count range_agg xmlagg"),
        setReturning: words(
            "unnest generate_series generate_subscripts json_array_elements json_array_elements_text json_each "
                + "json_each_text json_object_keys jsonb_array_elements jsonb_array_elements_text jsonb_each "
                + "jsonb_each_text jsonb_object_keys jsonb_path_query regexp_matches regexp_split_to_table "
                + "string_to_table"),
        sums: [.int16: .int64, .int32: .int64, .int64: .numeric], wholeAverage: .numeric, integer: .int32,
        decimal: .numeric, integersDivideToIntegers: true)

    static let bigQuery = FunctionTraits(
        results: table([
            (
                .type(.int64),
                "count countif approx_count_distinct row_number rank dense_rank ntile length char_length "
                    + "character_length byte_length octet_length strpos instr extract date_diff datetime_diff "
                    + "timestamp_diff time_diff unix_date unix_seconds unix_millis unix_micros array_length div mod "
                    + "farm_fingerprint ascii unicode grouping bit_count"
            ),
            (
                .type(.float64),
                "rand pi sin cos tan asin acos atan atan2 percent_rank cume_dist corr covar_pop "
                    + "covar_samp sqrt exp ln log log10 safe_divide ieee_divide"
            ),
            (
                .type(.text),
                "concat lower upper initcap trim ltrim rtrim left right substring substr replace repeat "
                    + "reverse lpad rpad translate to_hex to_base64 format format_date format_datetime format_time "
                    + "format_timestamp string string_agg regexp_extract regexp_replace json_value json_extract_scalar "
                    + "to_json_string array_to_string generate_uuid normalize session_user chr"
            ),
            (
                .type(.boolean),
                "starts_with ends_with regexp_contains contains_substr logical_and logical_or is_nan "
                    + "is_inf"
            ),
            (.type(.date), "current_date date date_add date_sub parse_date date_from_unix_date last_day"),
            (.type(.timestamp), "current_datetime datetime datetime_add datetime_sub datetime_trunc parse_datetime"),
            (
                .type(.timestampTZ),
                "current_timestamp timestamp timestamp_add timestamp_sub parse_timestamp "
                    + "timestamp_seconds timestamp_millis timestamp_micros"
            ),
            (.type(.time), "current_time time time_add time_sub time_trunc parse_time"),
            (.type(.bytes), "md5 sha1 sha256 sha512 from_hex from_base64"),
            (.type(.json), "parse_json to_json json_query json_object json_array"),
            (.type(.array(DataType(kind: .text))), "split regexp_extract_all json_value_array"),
            (
                .argument(0),
                "abs min max any_value lag lead first_value last_value nth_value nullif ceil ceiling floor "
                    + "round trunc sign ifnull max_by min_by date_trunc timestamp_trunc array_concat array_reverse "
                    + "percentile_disc"
            ),
            (.argument(1), "if"), (.type(.float64), "percentile_cont pow power"),
            (.common, "coalesce greatest least"), (.arrayOfArgument, "array_agg generate_array approx_quantiles"),
            (.type(.array(DataType(kind: .date))), "generate_date_array"),
            (.type(.array(DataType(kind: .timestampTZ))), "generate_timestamp_array"),
            (.sum, "sum"), (.average, "avg stddev stddev_pop stddev_samp variance var_pop var_samp"),
        ]),
        aggregates: words(
            "count countif sum avg min max array_agg array_concat_agg string_agg logical_and logical_or any_value "
                + "approx_count_distinct approx_quantiles approx_top_count approx_top_sum bit_and bit_or bit_xor corr "
                + "covar_pop covar_samp stddev stddev_pop stddev_samp variance var_pop var_samp max_by min_by"),
        setReturning: [], sums: [:], wholeAverage: .float64, integer: .int64, decimal: .float64,
        integersDivideToIntegers: false)

    private static func words(_ text: String) -> Set<String> { Set(text.split(separator: " ").map(String.init)) }

    private static func table(_ rows: [(Result, String)]) -> [String: Result] {
        var table: [String: Result] = [:]
        for (result, names) in rows { for name in words(names) { table[name] = result } }
        return table
    }
}
