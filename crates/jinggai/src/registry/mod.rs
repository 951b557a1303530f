//! 普查建档: one number per cover, one file per well, a responsible unit for each (江北区方案 二(二)1).
//!
//! Tables: `wells`, `covers`, `fall_guards`, `labels`, `codes`, `responsibilities`, `ownership_queue`,
//! `attachments`, `cover_facts`, `pipes`, `well_words`. Invariants: nothing is deleted, filled and removed covers
//! are kept; a code is never given twice; every change of a cover renews its row of `cover_facts` and appends an
//! event, in one transaction; a well in use without owner or fallback stands in `ownership_queue`.
pub mod attachments;
pub mod codes;
pub mod commands;
pub mod counts;
pub mod derived;
pub mod draft;
pub mod export;
pub mod facts;
pub mod fields;
pub mod file;
pub mod filter;
pub mod form;
pub mod guards;
mod http;
mod images;
pub mod import;
pub mod labels;
pub mod ledger;
pub mod lifecycle;
pub mod list;
pub mod lookup;
pub mod model;
pub mod ownership;
pub mod packs;
pub mod paper;
pub mod responsibility;
pub mod search;
pub mod store;
pub mod timeline;

pub use draft::{NewCode, NewCover, NewResponsibility, NewWell};
pub use filter::{CoverFilter, FilterContext};
pub use http::{FilterParams, routes, split as split_query};
