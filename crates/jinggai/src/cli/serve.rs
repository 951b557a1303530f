//! `jinggai serve`
use super::{Place, output};
use crate::app::App;
use crate::config::Given;
use crate::worker;
use std::net::SocketAddr;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Options of `jinggai serve`.
#[derive(clap::Args)]
#[command(after_help = "示例：
  jinggai serve
  jinggai serve --listen 0.0.0.0:8443          （证书在 jinggai.toml 的 tls_cert、tls_key）
  jinggai serve --database postgres://jinggai@db/jinggai")]
pub struct Args {
    /// 监听地址
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

pub async fn run(place: &Place, args: Args) -> anyhow::Result<ExitCode> {
    log();
    let app = App::open(place.config(Given { listen: args.listen, ..Given::default() })?).await?;
    let jobs = tokio::spawn(worker::run(app.clone()));
    serve(app).await?;
    jobs.abort();
    Ok(ExitCode::SUCCESS)
}

fn log() {
    let filter = EnvFilter::try_from_env("JINGGAI_LOG").unwrap_or_else(|_e| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

async fn serve(app: App) -> anyhow::Result<()> {
    let config = app.config().clone();
    let service = crate::http::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let handle = axum_server::Handle::new();
    tokio::spawn(stop(handle.clone()));
    let listener = std::net::TcpListener::bind(config.listen)
        .map_err(|e| anyhow::anyhow!("不能监听 {}：{e}", config.listen))?;
    listener.set_nonblocking(true)?;
    // The one line others (tests, scripts) wait for: it names the port when 0 was asked for.
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    output::line(&format!("井盖平台已启动：{scheme}://{}", listener.local_addr()?));
    match &config.tls {
        None => axum_server::from_tcp(listener)?.handle(handle).serve(service).await?,
        Some((cert, key)) => {
            rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
            let tls = axum_server::tls_rustls::RustlsConfig::from_pem_file(cert, key).await.map_err(|e| {
                anyhow::anyhow!("证书 {} 或私钥 {} 不能用：{e}", cert.display(), key.display())
            })?;
            axum_server::from_tcp_rustls(listener, tls)?.handle(handle).serve(service).await?;
        }
    }
    Ok(())
}

/// Ends on Ctrl-C or SIGTERM: no new requests, the running ones finish.
async fn stop(handle: axum_server::Handle<SocketAddr>) {
    let interrupt = tokio::signal::ctrl_c();
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut s) => {
                s.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
    handle.graceful_shutdown(Some(std::time::Duration::from_secs(10)));
}
