//! The rules of the trade as data and pure functions: codes, sizes, load classes, division of labour.
