//! Somebody who calls the API: the real router, in process.
use crate::TestApp;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use futures::StreamExt;
use serde_json::{Value as Json, json};
use tower::ServiceExt;
use uuid::Uuid;

/// A caller with or without a session.
#[derive(Clone)]
pub struct Client {
    router: axum::Router,
    secret: Option<String>,
    language: &'static str,
}

/// A stream of server-sent events.
pub struct Watch {
    body: axum::body::BodyDataStream,
    rest: String,
}

impl Watch {
    /// The data of the next event; none when the stream ended.
    ///
    /// # Panics
    /// When none comes in a minute, or what comes is no event.
    pub async fn next(&mut self) -> Option<Json> {
        loop {
            while let Some((event, rest)) = self.rest.split_once("\n\n") {
                let data = event.lines().find_map(|l| l.strip_prefix("data: ")).map(str::to_owned);
                self.rest = rest.to_owned();
                if let Some(data) = data {
                    return Some(serde_json::from_str(&data).expect("an event holds JSON"));
                }
            }
            let piece = tokio::time::timeout(std::time::Duration::from_secs(60), self.body.next());
            let piece = piece.await.expect("the stream tells something within a minute")?;
            self.rest.push_str(&String::from_utf8_lossy(&piece.expect("the stream can be read")));
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: axum::http::HeaderMap,
    /// The bytes of the body.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
    /// The JSON body of a good answer.
    ///
    /// # Panics
    /// When the answer is not a success.
    pub fn ok(self) -> Json {
        assert!(self.status.is_success(), "{} {}", self.status, self.text());
        self.json()
    }
    /// Status and stable code of a refusal, for comparing.
    #[must_use]
    pub fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["code"].as_str().unwrap_or_default().to_owned())
    }
}

impl TestApp {
    /// A caller that is not logged in.
    #[must_use]
    pub fn anonymous(&self) -> Client {
        Client { router: jinggai::http::router(self.app.clone()), secret: None, language: "zh-CN" }
    }
}

impl Client {
    /// The same caller with a bearer secret.
    #[must_use]
    pub fn with_secret(mut self, secret: String) -> Self {
        self.secret = Some(secret);
        self
    }
    /// The same caller reading English.
    #[must_use]
    pub fn in_english(mut self) -> Self {
        self.language = "en";
        self
    }
    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None, None).await
    }
    /// GET with `If-None-Match`.
    ///
    /// # Panics
    /// When the request cannot be built: a mistake of the test.
    pub async fn get_if_changed(&self, path: &str, tag: &str) -> Reply {
        let req = self.request(Method::GET, path).header("if-none-match", tag);
        self.answer(req.body(Body::empty()).expect("the test's request can be built")).await
    }
    /// GET with name and password (HTTP Basic) in place of the caller's own secret.
    ///
    /// # Panics
    /// When the request cannot be built: a mistake of the test.
    pub async fn get_basic(&self, path: &str, name: &str, password: &str) -> Reply {
        let given = data_encoding::BASE64.encode(format!("{name}:{password}").as_bytes());
        let nobody = Client { secret: None, ..self.clone() };
        let req = nobody.request(Method::GET, path).header("authorization", format!("Basic {given}"));
        self.answer(req.body(Body::empty()).expect("the test's request can be built")).await
    }
    /// Only the status of a GET, for answers that never end.
    ///
    /// # Panics
    /// When the request cannot be built: a mistake of the test.
    pub async fn status(&self, path: &str) -> StatusCode {
        let req =
            self.request(Method::GET, path).body(Body::empty()).expect("the test's request can be built");
        self.router.clone().oneshot(req).await.expect("the router answers everything").status()
    }
    /// Opens a stream of server-sent events.
    ///
    /// # Panics
    /// When the stream is refused.
    pub async fn watch(&self, path: &str, last_event_id: Option<i64>) -> Watch {
        let mut req = self.request(Method::GET, path);
        if let Some(id) = last_event_id {
            req = req.header("last-event-id", id.to_string());
        }
        let req = req.body(Body::empty()).expect("the test's request can be built");
        let reply = self.router.clone().oneshot(req).await.expect("the router answers everything");
        assert!(reply.status().is_success(), "the stream was refused: {}", reply.status());
        Watch { body: reply.into_body().into_data_stream(), rest: String::new() }
    }
    /// POST with a fresh Idempotency-Key.
    pub async fn post(&self, path: &str, body: Json) -> Reply {
        self.send(Method::POST, path, Some(body), Some(Uuid::now_v7().to_string())).await
    }
    /// PUT with a fresh Idempotency-Key.
    pub async fn put(&self, path: &str, body: Json) -> Reply {
        self.send(Method::PUT, path, Some(body), Some(Uuid::now_v7().to_string())).await
    }
    /// PATCH with a fresh Idempotency-Key.
    pub async fn patch(&self, path: &str, body: Json) -> Reply {
        self.send(Method::PATCH, path, Some(body), Some(Uuid::now_v7().to_string())).await
    }
    /// DELETE with a fresh Idempotency-Key.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None, Some(Uuid::now_v7().to_string())).await
    }
    /// Any request with a JSON body.
    pub async fn send(&self, method: Method, path: &str, body: Option<Json>, key: Option<String>) -> Reply {
        let bytes = body.map(|b| b.to_string().into_bytes()).unwrap_or_default();
        self.raw(method, path, "application/json", bytes, key).await
    }
    /// Sends a file as a form does, with words beside it.
    pub async fn upload(&self, path: &str, words: &[(&str, &str)], bytes: &[u8]) -> Reply {
        let part = |name: &str| format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"");
        let words = words.iter().map(|(name, value)| format!("{}\r\n\r\n{value}\r\n", part(name)));
        let head = words.collect::<String>() + &part("file") + "; filename=\"a.png\"\r\n\r\n";
        let body = [head.as_bytes(), bytes, b"\r\n--x--\r\n"].concat();
        self.raw(Method::POST, path, "multipart/form-data; boundary=x", body, None).await
    }

    /// Makes a move of what was seen at a version, with what the move asks for.
    ///
    /// # Panics
    /// When what it asks for has no names: a mistake of the test.
    pub async fn step(&self, path: &str, action: &str, version: &Json, more: Json) -> Reply {
        let mut body = json!({"move": action, "version": version});
        for (name, value) in more.as_object().expect("what a move asks for has names") {
            body[name] = value.clone();
        }
        self.post(&format!("{path}/moves"), body).await
    }
    /// Any request with any body.
    ///
    /// # Panics
    /// When the request cannot be built: a mistake of the test.
    pub async fn raw(
        &self,
        method: Method,
        path: &str,
        media: &str,
        body: Vec<u8>,
        key: Option<String>,
    ) -> Reply {
        let mut req = self.request(method, path).header("content-type", media);
        if let Some(k) = key {
            req = req.header("idempotency-key", k);
        }
        self.answer(req.body(Body::from(body)).expect("the test's request can be built")).await
    }

    fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let req = Request::builder().method(method).uri(path).header("accept-language", self.language);
        match &self.secret {
            Some(s) => req.header("authorization", format!("Bearer {s}")),
            None => req,
        }
    }

    async fn answer(&self, req: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(req).await.expect("the router answers everything");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("the body can be read").to_vec();
        Reply { status: parts.status, headers: parts.headers, bytes }
    }
}
