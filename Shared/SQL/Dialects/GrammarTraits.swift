/// Which constructs the grammar of a dialect has, where a text would otherwise be read in the other one's way.
final class GrammarTraits: Sendable {
    // MARK: Expressions

    /// `[1, 2]` is an array.
    let bracketsAreArrays: Bool
    /// `x[OFFSET(0)]`.
    let subscriptsSayBase: Bool
    /// `x::type`.
    let hasDoubleColon: Bool
    /// `INTERVAL '1 day'` rather than `INTERVAL 1 DAY`.
    let intervalsAreStrings: Bool
    /// A word before a string names the string's type, whatever the word: `box '(1,2)'`.
    let anyTypeBeforeString: Bool
    /// `ARRAY<…>`, `STRUCT<…>`.
    let typesHaveAngles: Bool
    /// A base is put into parentheses before `[…]` and `.field`, unless it is a column or parameter.
    let accessNeedsParentheses: Bool
    /// `IF(…)`, `LEFT(…)`: functions whose names are reserved.
    let reservedWordsNameFunctions: Bool
    /// Functions whose last argument is a part of a date, lower case.
    let functionsOfTimePart: Set<String>

    // MARK: Queries

    /// A query may begin with FROM and go on with `|>`.
    let hasPipes: Bool
    /// `* EXCEPT (a)`.
    let starsMayExcept: Bool
    /// `SELECT AS STRUCT`.
    let selectsHaveShapes: Bool
    /// `SELECT FROM t`.
    let selectListsMayBeEmpty: Bool
    /// `SELECT a, FROM t`.
    let selectListsMayEndWithComma: Bool
    let hasQualify: Bool
    /// `GROUP BY ALL`.
    let hasGroupByAll: Bool
    /// `AS MATERIALIZED (…)`.
    let commonTablesMayMaterialize: Bool
    /// UNION and the other set operations always say ALL or DISTINCT.
    let setOperationsSayDistinct: Bool
    /// Different set operations stand side by side without parentheses.
    let setOperationsMix: Bool
    /// `UNION ALL BY NAME`.
    let setOperationsMatchNames: Bool
    /// Any word may name a column behind AS.
    let labelsMayBeReserved: Bool

    // MARK: FROM

    /// `t.items` in FROM, where `t` is a table of the query, is the array in its column.
    let fromMayNameArrays: Bool
    /// A name in backticks may hold several parts: `` `project.dataset.table` ``.
    let quotedNamesHoldPaths: Bool
    /// `ONLY t`, `t *`.
    let tablesInherit: Bool
    /// `USING (a) AS j`.
    let joinsMayBeNamed: Bool
    /// `f() AS (a int, b text)`.
    let aliasesMayDefineColumns: Bool
    /// PIVOT and UNPIVOT.
    let hasPivot: Bool

    // MARK: Other statements

    /// INSERT and MERGE need INTO, DELETE needs FROM.
    let changesSayInto: Bool
    /// INSERT, UPDATE and DELETE may return rows, also to a WITH clause.
    let changesMayReturn: Bool
    /// `PARTITION BY RANGE (a)` rather than `PARTITION BY a`.
    let partitionsHaveMethods: Bool
    /// Scripts have variables and blocks: `BEGIN … END`, and BEGIN TRANSACTION says that it means one.
    let hasScripts: Bool
    /// Strings side by side are one, without a line break between them.
    let stringsJoinOnALine: Bool
    /// The word before options in parentheses: OPTIONS, or WITH.
    let optionsWord: String

    init(
        bracketsAreArrays: Bool, subscriptsSayBase: Bool, hasDoubleColon: Bool, intervalsAreStrings: Bool,
        anyTypeBeforeString: Bool, typesHaveAngles: Bool, accessNeedsParentheses: Bool,
        reservedWordsNameFunctions: Bool, functionsOfTimePart: Set<String>, hasPipes: Bool, starsMayExcept: Bool,
        selectsHaveShapes: Bool, selectListsMayBeEmpty: Bool, selectListsMayEndWithComma: Bool, hasQualify: Bool,
        hasGroupByAll: Bool, commonTablesMayMaterialize: Bool, setOperationsSayDistinct: Bool, setOperationsMix: Bool,
        setOperationsMatchNames: Bool, labelsMayBeReserved: Bool, fromMayNameArrays: Bool, quotedNamesHoldPaths: Bool,
        tablesInherit: Bool, joinsMayBeNamed: Bool, aliasesMayDefineColumns: Bool, hasPivot: Bool,
        changesSayInto: Bool, changesMayReturn: Bool, partitionsHaveMethods: Bool, hasScripts: Bool,
        stringsJoinOnALine: Bool,
        optionsWord: String
    ) {
        self.bracketsAreArrays = bracketsAreArrays
        self.subscriptsSayBase = subscriptsSayBase
        self.hasDoubleColon = hasDoubleColon
        self.intervalsAreStrings = intervalsAreStrings
        self.anyTypeBeforeString = anyTypeBeforeString
        self.typesHaveAngles = typesHaveAngles
        self.accessNeedsParentheses = accessNeedsParentheses
        self.reservedWordsNameFunctions = reservedWordsNameFunctions
        self.functionsOfTimePart = functionsOfTimePart
        self.hasPipes = hasPipes
        self.starsMayExcept = starsMayExcept
        self.selectsHaveShapes = selectsHaveShapes
        self.selectListsMayBeEmpty = selectListsMayBeEmpty
        self.selectListsMayEndWithComma = selectListsMayEndWithComma
        self.hasQualify = hasQualify
        self.hasGroupByAll = hasGroupByAll
        self.commonTablesMayMaterialize = commonTablesMayMaterialize
        self.setOperationsSayDistinct = setOperationsSayDistinct
        self.setOperationsMix = setOperationsMix
        self.setOperationsMatchNames = setOperationsMatchNames
        self.labelsMayBeReserved = labelsMayBeReserved
        self.fromMayNameArrays = fromMayNameArrays
        self.quotedNamesHoldPaths = quotedNamesHoldPaths
        self.tablesInherit = tablesInherit
        self.joinsMayBeNamed = joinsMayBeNamed
        self.aliasesMayDefineColumns = aliasesMayDefineColumns
        self.hasPivot = hasPivot
        self.changesSayInto = changesSayInto
        self.changesMayReturn = changesMayReturn
        self.partitionsHaveMethods = partitionsHaveMethods
        self.hasScripts = hasScripts
        self.stringsJoinOnALine = stringsJoinOnALine
        self.optionsWord = optionsWord
    }

    static let postgres = GrammarTraits(
        bracketsAreArrays: false, subscriptsSayBase: false, hasDoubleColon: true, intervalsAreStrings: true,
        anyTypeBeforeString: true, typesHaveAngles: false, accessNeedsParentheses: true,
        reservedWordsNameFunctions: false, functionsOfTimePart: [], hasPipes: false, starsMayExcept: false,
        selectsHaveShapes: false, selectListsMayBeEmpty: true, selectListsMayEndWithComma: false, hasQualify: false,
        hasGroupByAll: false, commonTablesMayMaterialize: true, setOperationsSayDistinct: false,
        setOperationsMix: true, setOperationsMatchNames: false, labelsMayBeReserved: true, fromMayNameArrays: false,
        quotedNamesHoldPaths: false, tablesInherit: true, joinsMayBeNamed: true, aliasesMayDefineColumns: true,
        hasPivot: false, changesSayInto: true, changesMayReturn: true, partitionsHaveMethods: true,
        hasScripts: false, stringsJoinOnALine: false, optionsWord: "WITH")

    static let bigQuery = GrammarTraits(
        bracketsAreArrays: true, subscriptsSayBase: true, hasDoubleColon: false, intervalsAreStrings: false,
        anyTypeBeforeString: false, typesHaveAngles: true, accessNeedsParentheses: false,
        reservedWordsNameFunctions: true,
        functionsOfTimePart: [
            "date_trunc", "date_diff", "datetime_trunc", "datetime_diff", "time_trunc", "time_diff", "timestamp_trunc",
            "timestamp_diff", "last_day",
        ],
        hasPipes: true, starsMayExcept: true, selectsHaveShapes: true, selectListsMayBeEmpty: false,
        selectListsMayEndWithComma: true, hasQualify: true, hasGroupByAll: true, commonTablesMayMaterialize: false,
        setOperationsSayDistinct: true, setOperationsMix: false, setOperationsMatchNames: true,
        labelsMayBeReserved: false, fromMayNameArrays: true, quotedNamesHoldPaths: true, tablesInherit: false,
        joinsMayBeNamed: false, aliasesMayDefineColumns: false, hasPivot: true, changesSayInto: false,
        changesMayReturn: false, partitionsHaveMethods: false, hasScripts: true, stringsJoinOnALine: true,
        optionsWord: "OPTIONS")
}
