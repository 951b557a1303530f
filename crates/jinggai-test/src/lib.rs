//! Test harness: the platform in process, on both stores.
