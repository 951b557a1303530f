//! The one error a person may see: a stable code, a message in two languages that says what would be right, and
//! the fields concerned. What went wrong inside goes to the log only.
//!
//! Pure crates have their own small enums; features turn them into [`AppError`] where the meaning is known; jobs,
//! start-up and the command line may use `anyhow` around it.
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jinggai_db::DbError;
use serde::Serialize;
use std::fmt;

/// The result of everything that may be refused.
pub type Result<T> = std::result::Result<T, AppError>;

/// What sort of refusal it is; decides the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request itself is wrong.
    Invalid,
    /// The same on an interface whose standard prescribes 400 for it (OGC API).
    BadQuery,
    /// Nobody is logged in, or the credentials are wrong.
    Unauthenticated,
    /// Logged in, but without the right.
    Forbidden,
    /// Not there, or not to be seen by this actor: the two look alike.
    NotFound,
    /// A method that the address does not serve.
    NotAllowed,
    /// Contradicts what is there.
    Conflict,
    /// Too large.
    TooLarge,
    /// Of a type that is not taken.
    Unsupported,
    /// Too many requests.
    TooMany,
    /// The same request may succeed later.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl Kind {
    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::BadQuery => StatusCode::BAD_REQUEST,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::NotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A text for people, in both languages of the interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Said {
    /// Both texts.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Said { zh: zh.into(), en: en.into() }
    }
    /// The text in the language asked for.
    #[must_use]
    pub fn text(&self, english: bool) -> &str {
        if english { &self.en } else { &self.zh }
    }
}

/// A field that was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer or column name.
    pub field: String,
    /// What was wrong and what would be right.
    pub said: Said,
}

/// An error on its way to a person.
#[derive(Debug)]
pub struct AppError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    code: &'static str,
    said: Said,
    fields: Vec<FieldError>,
    more: serde_json::Map<String, serde_json::Value>,
    source: Option<anyhow::Error>,
    replay: Option<Replay>,
}

/// The answer kept for an Idempotency-Key: given again instead of doing the work twice.
#[derive(Debug, Clone)]
pub struct Replay {
    /// Status of the first answer.
    pub status: StatusCode,
    /// Body of the first answer.
    pub body: String,
}

impl AppError {
    /// An error of this kind and stable code.
    pub fn new(kind: Kind, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        AppError(Box::new(Inner {
            kind,
            code,
            said: Said::new(zh, en),
            fields: vec![],
            more: serde_json::Map::new(),
            source: None,
            replay: None,
        }))
    }
    /// A request that is wrong in one field.
    pub fn field(code: &'static str, field: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        let (zh, en) = (zh.into(), en.into());
        Self::new(Kind::Invalid, code, zh.clone(), en.clone()).with_field(field, zh, en)
    }
    /// The thing is not there, or not for this actor.
    #[must_use]
    pub fn not_found(zh: &str, en: &str) -> Self {
        Self::new(
            Kind::NotFound,
            "not_found",
            format!("没有找到这{zh}，或者您无权查看"),
            format!("no such {en}, or not yours to see"),
        )
    }
    /// The actor lacks a right.
    #[must_use]
    pub fn forbidden(right: &str) -> Self {
        Self::new(
            Kind::Forbidden,
            "forbidden",
            format!("您没有“{right}”权限，可请系统管理员授予"),
            format!("you lack the right {right}; an administrator can grant it"),
        )
    }
    /// A fault of ours; the cause goes to the log.
    #[must_use]
    pub fn internal(source: impl Into<anyhow::Error>) -> Self {
        let mut e = Self::new(
            Kind::Internal,
            "internal",
            "系统内部出错，已记入日志；您提交的内容没有保存，请稍后重试",
            "something went wrong on our side and was logged; nothing was saved, please try again",
        );
        e.0.source = Some(source.into());
        e
    }
    /// Adds a field.
    #[must_use]
    pub fn with_field(mut self, field: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        self.0.fields.push(FieldError { field: field.to_owned(), said: Said::new(zh, en) });
        self
    }
    /// Adds a member for programs, such as the `current` record of a conflict (RFC 9457 extension members).
    #[must_use]
    pub fn with_more(mut self, name: &str, value: serde_json::Value) -> Self {
        self.0.more.insert(name.to_owned(), value);
        self
    }
    /// Adds the cause, for the log.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.0.source = Some(source.into());
        self
    }
    /// The same refusal as another sort.
    #[must_use]
    pub fn of_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }
    /// The answer of an earlier request with the same key.
    #[must_use]
    pub fn replay(status: StatusCode, body: String) -> Self {
        let mut e = Self::new(Kind::Conflict, "replay", "", "");
        e.0.replay = Some(Replay { status, body });
        e
    }
    /// What sort of refusal it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }
    /// The message.
    #[must_use]
    pub fn said(&self) -> &Said {
        &self.0.said
    }
    /// The fields concerned.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }
    /// May the same request succeed later?
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(self.0.kind, Kind::Unavailable | Kind::TooMany)
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.said.zh)?;
        for field in &self.0.fields {
            if field.said != self.0.said {
                write!(f, "；{}：{}", field.field, field.said.zh)?;
            }
        }
        match &self.0.source {
            Some(e) if matches!(self.0.kind, Kind::Internal | Kind::Unavailable) => write!(f, "（{e:#}）"),
            _ => Ok(()),
        }
    }
}
impl std::error::Error for AppError {}

impl From<DbError> for AppError {
    fn from(e: DbError) -> Self {
        if matches!(e, DbError::Doubtful(_)) {
            return Self::new(
                Kind::Unavailable,
                "store.doubtful",
                "提交时与数据库的连接中断，不能确定是否已保存；请稍后用同一个 Idempotency-Key 重试，不会重复执行",
                "the connection to the database broke during the commit, so it is not known whether this was saved; try again with the same Idempotency-Key, it will not be done twice",
            )
            .caused_by(e);
        }
        if e.retryable() {
            return Self::new(
                Kind::Unavailable,
                "store.unavailable",
                "数据库暂时不可用，请稍后重试；您提交的内容没有保存",
                "the database is not available just now, please try again; nothing was saved",
            )
            .caused_by(e);
        }
        // These two meet an operator at start-up, never a reader of the web: the words of the system help.
        match &e {
            DbError::NotStore(path) => Self::new(
                Kind::Conflict,
                "store.foreign",
                format!("{path} 不是井盖平台的数据库，没有改动它；请另指定一个数据目录"),
                e.to_string(),
            ),
            DbError::Migration(what) => Self::new(
                Kind::Conflict,
                "store.schema",
                format!("数据库的结构与本程序不符，请用与之相配的或更新的版本：{what}"),
                e.to_string(),
            ),
            _ => Self::internal(e),
        }
    }
}

/// The body of an error: RFC 9457.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A reference that names the kind of problem.
    pub r#type: String,
    /// The message, in the reader's language.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable, for programs.
    pub code: String,
    /// The fields concerned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<ProblemField>,
    /// For asking us about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What else the code promises: `current` of a version conflict, `candidates` of a duplicate …
    #[serde(flatten)]
    pub more: serde_json::Map<String, serde_json::Value>,
}

/// A field that was wrong.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProblemField {
    /// Which.
    pub field: String,
    /// What was wrong and what would be right.
    pub message: String,
}

/// What the response carries to the layer that knows the reader's language.
#[derive(Clone)]
pub(crate) struct Pending {
    pub(crate) status: StatusCode,
    code: &'static str,
    said: Said,
    fields: Vec<FieldError>,
    more: serde_json::Map<String, serde_json::Value>,
}

impl Pending {
    pub(crate) fn problem(&self, english: bool, request_id: Option<String>) -> Problem {
        Problem {
            r#type: format!("/problems/{}", self.code),
            title: self.said.text(english).to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            fields: self
                .fields
                .iter()
                .map(|f| ProblemField { field: f.field.clone(), message: f.said.text(english).to_owned() })
                .collect(),
            request_id,
            more: self.more.clone(),
        }
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        if let Some(r) = self.0.replay {
            return (
                r.status,
                [("content-type", "application/json"), ("idempotency-replayed", "true")],
                r.body,
            )
                .into_response();
        }
        let status = self.0.kind.status();
        if let Some(source) = &self.0.source {
            if status.is_server_error() {
                tracing::error!(code = self.0.code, error = format!("{source:#}"), "request failed");
            } else {
                tracing::debug!(code = self.0.code, error = format!("{source:#}"), "request refused");
            }
        }
        let pending = Pending {
            status,
            code: self.0.code,
            said: self.0.said,
            fields: self.0.fields,
            more: self.0.more,
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(pending);
        response
    }
}
