//! What can go wrong in a store, in words both stores share.

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A uniqueness constraint refused the row; the name is `<table>_<columns>_key` on both stores.
    #[error("unique constraint {0} refused the row")]
    Unique(String),
    /// A reference to a row that is not there, or a row that others still refer to.
    #[error("a reference refused the row: {0}")]
    Reference(String),
    /// A CHECK or NOT NULL refused the row.
    #[error("a check refused the row: {0}")]
    Check(String),
    /// A query that must give exactly one row gave none.
    #[error("no such row")]
    NoRow,
    /// The store is busy or gone; the same request may succeed later.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The connection broke while a commit was under way: the change may be kept or not.
    #[error("the connection broke during the commit: {0}")]
    Doubtful(String),
    /// A column did not fit the type it was read into.
    #[error("column {at}: {what}")]
    Column {
        /// Position in the SELECT, 0 first.
        at: usize,
        /// What was wrong.
        what: String,
    },
    /// Anything else the store said, with the statement.
    #[error("{what} in: {sql}")]
    Statement {
        /// The store's words.
        what: String,
        /// The statement's text.
        sql: String,
    },
    /// A migration is unknown, changed or failed.
    #[error("migration {0}")]
    Migration(String),
    /// The file is something other than a store of ours; it was not touched.
    #[error("{0} is not a GeoPackage; give the path of a jinggai store or of a file that does not exist yet")]
    NotStore(String),
    /// A file or directory of the store could not be used.
    #[error("{path}: {what}")]
    File {
        /// The path.
        path: String,
        /// The system's words.
        what: String,
    },
}

impl DbError {
    pub(crate) fn column(what: &str) -> Self {
        DbError::Column { at: 0, what: what.to_owned() }
    }
    pub(crate) fn at_column(self, i: usize) -> Self {
        match self {
            DbError::Column { what, .. } => DbError::Column { at: i, what },
            other => other,
        }
    }
    /// Adds the statement to an error that has none yet.
    pub(crate) fn in_sql(self, text: &str) -> Self {
        match self {
            DbError::Statement { what, sql } if sql.is_empty() => {
                DbError::Statement { what, sql: text.to_owned() }
            }
            other => other,
        }
    }
    /// May the same request succeed later?
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(self, DbError::Unavailable(_) | DbError::Doubtful(_))
    }
    /// Is this the uniqueness constraint of that name?
    #[must_use]
    pub fn is_unique(&self, name: &str) -> bool {
        matches!(self, DbError::Unique(n) if n == name)
    }
}

impl From<rusqlite::Error> for DbError {
    fn from(e: rusqlite::Error) -> Self {
        use rusqlite::ffi;
        if let rusqlite::Error::SqliteFailure(code, Some(msg)) = &e {
            match code.extended_code {
                ffi::SQLITE_CONSTRAINT_UNIQUE
                | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                | ffi::SQLITE_CONSTRAINT_ROWID => {
                    return DbError::Unique(lite_constraint(msg));
                }
                ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return DbError::Reference(msg.clone()),
                ffi::SQLITE_CONSTRAINT_CHECK | ffi::SQLITE_CONSTRAINT_NOTNULL => {
                    return DbError::Check(msg.clone());
                }
                _ => {}
            }
            if matches!(code.code, rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DiskFull) {
                return DbError::Unavailable(msg.clone());
            }
        }
        DbError::Statement { what: e.to_string(), sql: String::new() }
    }
}

/// `UNIQUE constraint failed: codes.scheme, codes.code` → `codes_scheme_code_key`, PostgreSQL's own name.
fn lite_constraint(msg: &str) -> String {
    let Some((_, cols)) = msg.split_once(": ") else { return msg.to_owned() };
    let mut name = String::new();
    for (i, col) in cols.split(", ").enumerate() {
        let (table, column) = col.split_once('.').unwrap_or(("", col));
        if i == 0 {
            name.push_str(table);
        }
        name.push('_');
        name.push_str(column);
    }
    name + "_key"
}

/// An error with all its causes: the driver's own words ("error connecting to server") do not say why.
fn with_causes(e: &dyn std::error::Error) -> String {
    let mut text = e.to_string();
    let mut cause = e.source();
    while let Some(e) = cause {
        text.push_str(": ");
        text.push_str(&e.to_string());
        cause = e.source();
    }
    text
}

impl From<tokio_postgres::Error> for DbError {
    fn from(e: tokio_postgres::Error) -> Self {
        let Some(db) = e.as_db_error() else {
            return DbError::Unavailable(with_causes(&e));
        };
        let name = db.constraint().unwrap_or_default().to_owned();
        match db.code().code() {
            "23505" => DbError::Unique(name),
            "23503" => DbError::Reference(name),
            "23514" | "23502" => DbError::Check(if name.is_empty() { db.message().to_owned() } else { name }),
            "40001" | "40P01" | "55P03" | "57P01" | "57P02" | "57P03" | "53300" => {
                DbError::Unavailable(db.message().to_owned())
            }
            code => DbError::Statement { what: format!("{} ({code})", db.message()), sql: String::new() },
        }
    }
}
impl From<deadpool_postgres::PoolError> for DbError {
    fn from(e: deadpool_postgres::PoolError) -> Self {
        match e {
            deadpool_postgres::PoolError::Backend(e) => e.into(),
            other => DbError::Unavailable(with_causes(&other)),
        }
    }
}
