//! All routes: the table of contents of the API.
use crate::app::App;
use crate::error::Problem;
use crate::http::{health, home, language, web};
use crate::{audit, cases, identity, map, plans, registry, rulepacks, statistics};
use axum::Router;
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "井盖 jinggai",
        description = "窨井盖安全管理平台 / manhole cover safety platform",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(Problem))
)]
struct Doc;

fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Doc::openapi())
        .merge(identity::routes())
        .merge(rulepacks::routes())
        .merge(map::routes())
        .merge(registry::routes())
        .merge(cases::routes())
        .merge(plans::routes())
        .merge(statistics::routes())
        .merge(audit::routes())
}

/// The OpenAPI document of every route.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    api().into_openapi()
}

/// The whole server.
pub fn router(app: App) -> Router {
    let (routes, doc) = api().split_for_parts();
    let doc = doc.to_json().unwrap_or_default();
    routes
        .route(
            "/api/v1/openapi.json",
            get(move || async move { ([("content-type", "application/json")], doc) }),
        )
        .route("/home.css", get(home::style))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(web::serve)
        .layer(CatchPanicLayer::new())
        .layer(axum::middleware::from_fn(health::count))
        .layer(axum::middleware::from_fn(language::problems))
        .layer(CompressionLayer::new())
        .with_state(app)
}
