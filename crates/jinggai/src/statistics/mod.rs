//! 统计考核: the annex tables and figures; every figure opens the rows behind it.
