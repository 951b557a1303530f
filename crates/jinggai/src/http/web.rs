//! The console: the files of `web/dist`, held by the binary, behind every address that is not of the API.
//!
//! Files under `/assets` carry their digest in their name and are kept for ever; pages are asked for again each time.
//! Variants compressed at build time are given as they are. An address of the console that is no file is answered with
//! the page, which knows its own addresses; under `/api`, `/tiles` and the like what is not there is not there.
//! Deliberately no rendering here, and nothing from another host: the content policy forbids it.
use crate::error::AppError;
use crate::http::home;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

#[derive(Embed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// No inline script or style, nothing from elsewhere; photos come as `blob:` while they are chosen.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// First parts of paths under which nothing is the console's.
const NOT_PAGES: [&str; 5] = ["api", "tiles", "assets", "ogc", "basemap"];
/// Encodings in the order of preference, with the endings of their files.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Answers what no route did: a file of the console, its page, or that there is nothing.
pub async fn serve(req: Request) -> Response {
    if !matches!(*req.method(), Method::GET | Method::HEAD) {
        return nothing();
    }
    answer(Dist::get, req.uri().path(), req.headers()).await
}

fn nothing() -> Response {
    AppError::not_found("个地址", "address").into_response()
}

/// What a path means, given the files there are.
async fn answer(find: impl Fn(&str) -> Option<EmbeddedFile>, path: &str, headers: &HeaderMap) -> Response {
    let name = path.trim_start_matches('/');
    let first = name.split('/').next().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    let hidden = name.split('/').any(|part| part.starts_with('.'));
    if !hidden
        && !name.is_empty()
        && let Some(file) = find(name)
    {
        return give(&find, name, file, headers);
    }
    if hidden || NOT_PAGES.contains(&first) || last.contains('.') {
        return nothing();
    }
    match find("index.html") {
        Some(page) => give(&find, "index.html", page, headers),
        None if name.is_empty() => home::page().await,
        None => nothing(),
    }
}

/// A file, in the best encoding that the reader takes.
fn give(
    find: &impl Fn(&str) -> Option<EmbeddedFile>,
    name: &str,
    file: EmbeddedFile,
    headers: &HeaderMap,
) -> Response {
    let tag = format!("\"{}\"", data_encoding::HEXLOWER.encode(&file.metadata.sha256_hash()[..16]));
    let media = mime_guess::from_path(name).first_or_octet_stream();
    let text = media.type_() == mime_guess::mime::TEXT || media.subtype() == "javascript";
    let media = if text { format!("{media}; charset=utf-8") } else { media.to_string() };
    let forever = name.starts_with("assets/");
    let fixed = [
        (CACHE_CONTROL, if forever { "public, max-age=31536000, immutable" } else { "no-cache" }),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
        (VARY, "accept-encoding"),
    ];
    if headers.get(IF_NONE_MATCH).is_some_and(|v| matches(v, &tag)) {
        return (StatusCode::NOT_MODIFIED, fixed, [(ETAG, tag)]).into_response();
    }
    for (encoding, ending) in ENCODINGS {
        if accepts(headers, encoding)
            && let Some(packed) = find(&format!("{name}{ending}"))
        {
            let how = [(CONTENT_ENCODING, encoding.to_owned()), (CONTENT_TYPE, media), (ETAG, tag)];
            return (fixed, how, Body::from(packed.data.into_owned())).into_response();
        }
    }
    (fixed, [(CONTENT_TYPE, media), (ETAG, tag)], Body::from(file.data.into_owned())).into_response()
}

/// Does `If-None-Match` name this tag? Proxies that compress make it a weak one.
fn matches(given: &HeaderValue, tag: &str) -> bool {
    given.to_str().is_ok_and(|list| list.split(',').any(|t| t.trim().trim_start_matches("W/") == tag))
}

/// Does the reader take this encoding? `;q=0` says no.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let given = headers.get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    given.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next().is_some_and(|n| n.eq_ignore_ascii_case(encoding));
        let refused = parts.any(|p| p.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0));
        named && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_embed::Metadata;
    use std::borrow::Cow;

    const FILES: [(&str, &str); 5] = [
        ("index.html", "<page>"),
        ("assets/a-1.js", "plain"),
        ("assets/a-1.js.br", "brotli"),
        ("assets/a-1.js.gz", "gzip"),
        (".built", ""),
    ];

    fn find(name: &str) -> Option<EmbeddedFile> {
        let (_, text) = FILES.iter().find(|(n, _)| *n == name)?;
        let metadata = Metadata::__rust_embed_new([7; 32], None, None, "");
        Some(EmbeddedFile { data: Cow::Borrowed(text.as_bytes()), metadata })
    }

    async fn get(path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
        let headers: HeaderMap =
            headers.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect();
        let response = answer(find, path, &headers).await;
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn an_address_of_the_console_is_its_page_and_asked_for_each_time() {
        for path in ["/", "/covers", "/wells/01a2-3"] {
            let (status, headers, body) = get(path, &[]).await;
            assert_eq!((status, body.as_str()), (StatusCode::OK, "<page>"), "{path}");
            assert_eq!(headers[CACHE_CONTROL], "no-cache");
            let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{policy}");
        }
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_a_page() {
        for path in ["/assets/b.js", "/api/v1/nothing", "/tiles/x", "/robots.txt", "/.built", "/a/../.built"]
        {
            assert_eq!(get(path, &[]).await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn the_best_encoding_that_is_taken_is_given() {
        for (accept, body) in [("gzip, br", "brotli"), ("gzip", "gzip"), ("br;q=0", "plain"), ("", "plain")] {
            let (_, headers, got) = get("/assets/a-1.js", &[("accept-encoding", accept)]).await;
            assert_eq!(got, body, "{accept}");
            assert!(headers[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
            assert!(headers[CONTENT_TYPE].to_str().unwrap().contains("javascript"));
        }
    }

    #[tokio::test]
    async fn a_page_that_is_known_is_not_sent_again() {
        let tag = get("/", &[]).await.1[ETAG].to_str().unwrap().to_owned();
        let (status, _, body) = get("/", &[("if-none-match", &format!("W/{tag}"))]).await;
        assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    }
}
