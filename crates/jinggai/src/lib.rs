//! The platform with which a city district keeps every manhole cover safe.
