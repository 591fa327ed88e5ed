"""The parse-tree nodes that a read-only query is made of. A node that is not here refuses the statement.

Names of sqlglot's expression classes. Function classes are listed only where SQL has a syntax of its own for them;
a function written as `name(...)` is judged by that name, in `check_tokens.py`.
"""

from __future__ import annotations

NODES = frozenset(
    """
    Select Subquery Union Except Intersect With CTE From Join Lateral Table TableAlias Values Tuple
    Where Group Having Qualify Order Ordered Limit LimitOptions Offset Fetch Distinct Grouping GroupingSets Cube Rollup
    PositionalColumn Window WindowSpec Filter WithinGroup IgnoreNulls RespectNulls HavingMax
    TableSample IndexTableHint Summarize Pivot PivotAlias PivotAny UnpivotColumns

    Column Identifier Star Alias Aliases Dot Paren Var Literal Null Boolean
    BitString HexString ByteString RawString National Introducer Interval IntervalSpan
    DataType DataTypeParam ColumnDef Schema

    Add Sub Mul Div IntDiv Mod Neg Pow DPipe
    BitwiseAnd BitwiseOr BitwiseXor BitwiseNot BitwiseLeftShift BitwiseRightShift
    And Or Xor Not EQ NEQ GT GTE LT LTE NullSafeEQ NullSafeNEQ Is Between In Like ILike SimilarTo Glob Match Escape
    RegexpLike RegexpILike RegexpFullMatch Exists Any All Case If Try JSON Collate Distance Overlaps Adjacent
    ExtendsLeft ExtendsRight

    Array ArrayContainsAll ArrayContainedBy ArrayOverlaps ArrayConcat Bracket Slice Map ToMap Struct PropertyEQ Kwarg
    Lambda Comprehension ForIn Columns Unnest Explode Variadic List
    JSONExtract JSONExtractScalar JSONBExtract JSONBExtractScalar JSONBContains JSONBContainsAllTopKeys
    JSONBContainsAnyTopKeys JSONBContainsTopKey JSONBDeleteAtPath JSONBPathExists JSONArrayContains
    JSONPath JSONPathRoot JSONPathKey JSONPathSubscript JSONPathWildcard JSONPathSlice JSONPathRecursive JSONPathUnion
    JSONKeyValue JSONTable JSONSchema JSONColumnDef JSONValue FormatJson OnCondition

    Cast TryCast AtTimeZone CurrentDate CurrentTime CurrentTimestamp CurrentDatetime Localtime Localtimestamp
    CurrentUser SessionUser CurrentCatalog CurrentSchema CurrentRole
    """.split()
)

# Function classes that the parser builds from syntax of their own (`EXTRACT(year FROM x)`) or inside another call.
GRAMMAR_FUNCTIONS = frozenset(
    """
    Extract Trim Substring Overlay StrPosition Ceil Floor Chr Convert CastToStrType Decode DecodeCase Encode Normalize
    GroupConcat ArrayAgg JSONObject JSONObjectAgg JSONArray JSONArrayAgg JSONBObjectAgg JSONBExists JSONExists
    AnyValue ArgMax ArgMin Max Min Initcap MatchAgainst WeightString XMLElement
    Quantile ApproxQuantile PercentileCont PercentileDisc Anonymous ExplodingGenerateSeries GenerateSeries
    TsOrDsToTimestamp TsOrDsToDate TsOrDsToTime TsOrDsToDatetime Date Timestamp Time DateTrunc TimestampTrunc
    Abs StartsWith Soundex DateDiff Lower Upper Length Coalesce Concat Unnest DateAdd DateSub TsOrDsAdd TsOrDsDiff
    """.split()
)
