//! The console's files are embedded from `web/dist`. A tree that was never built for the web has no such folder, and
//! must build all the same: the folder is made, empty.
use std::path::Path;

fn main() {
    let dist = Path::new("../../web/dist");
    if !dist.exists()
        && let Err(e) = std::fs::create_dir_all(dist)
    {
        println!("cargo:warning=web/dist cannot be made: {e}");
    }
    println!("cargo:rerun-if-changed=build.rs");
    // Builds with debug assertions read the files from the disk at run time; only others hold them.
    if std::env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_none() {
        println!("cargo:rerun-if-changed=../../web/dist");
    }
}
