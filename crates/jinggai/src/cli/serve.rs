//! `jinggai serve`
use super::{Place, output};
use crate::app::App;
use crate::config::{Config, Given};
use crate::{demo, rulepacks, worker};
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
    /// 空库时建立演示区（每条记录都标明“演示”），并打印各角色的登录名和口令
    #[arg(long)]
    demo: bool,
}

pub async fn run(place: &Place, args: Args) -> anyhow::Result<ExitCode> {
    log();
    let app = App::open(place.config(Given { listen: args.listen, ..Given::default() })?).await?;
    let mut tx = app.db().begin().await?;
    rulepacks::enter_shipped(&mut tx).await?;
    tx.commit().await?;
    if args.demo {
        for line in demo::ensure(&app).await? {
            output::line(&line);
        }
    }
    for warning in missing(app.config()) {
        output::say(&warning);
    }
    if let Some(fault) = app.basemap().fault() {
        output::say(&format!("注意：{}。地图将没有底图。", fault.zh));
    }
    let jobs = tokio::spawn(worker::run(app.clone()));
    let served = serve(app).await;
    // Waited for: a worker that is inside the store must not meet the end of the runtime there.
    jobs.abort();
    jobs.await.ok();
    served?;
    Ok(ExitCode::SUCCESS)
}

/// What stands in the way of phones and outsiders, said at the start and not when they fail.
fn missing(config: &Config) -> Vec<String> {
    let mut out = vec![];
    if config.tls.is_none() && !config.listen.ip().is_loopback() {
        out.push(
            "注意：没有配置 HTTPS 证书（tls_cert、tls_key）。手机浏览器在普通 http 下不能用相机、定位和离线登记，登录口令也会明文传输。"
                .to_owned(),
        );
    }
    if config.public_url.starts_with("http://127.0.0.1") && !config.listen.ip().is_loopback() {
        out.push("注意：public_url 还是本机地址，印在标识牌上的二维码在别处打不开；请设为公众可访问的 https:// 地址。".to_owned());
    }
    out
}

fn log() {
    let filter = EnvFilter::try_from_env("JINGGAI_LOG")
        .unwrap_or_else(|_e| EnvFilter::new("info,tokio_postgres=warn"));
    let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour).init();
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
