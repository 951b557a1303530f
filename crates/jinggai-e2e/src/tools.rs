//! Other people's programs that read our file: GDAL's, from the system's packages.
use std::path::Path;
use std::process::Command;

/// What a tool gave back.
#[derive(Debug)]
pub struct Output {
    /// Whether it said that all went well.
    pub success: bool,
    /// Standard output and standard error.
    pub text: String,
}

fn run(command: &mut Command) -> Output {
    let out = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}; run `make deps`"));
    let text = [out.stdout, out.stderr].map(|b| String::from_utf8_lossy(&b).into_owned()).concat();
    Output { success: out.status.success(), text }
}

/// Runs a GDAL/OGR program.
///
/// # Panics
/// When it is not installed.
#[must_use]
pub fn ogr(program: &str, args: &[&str]) -> Output {
    // GDAL before 3.7 says that it knows 1.4 only in part; it reads and writes it, as the tests show.
    run(Command::new(program)
        .args(args)
        .env("CPL_LOG", "/dev/null")
        .env("GPKG_WARN_UNRECOGNIZED_APPLICATION_ID", "NO"))
}

/// What GDAL's own validator finds wrong, less the names of the two triggers that version 1.4 replaced, which it
/// demands when it is older than that version.
///
/// # Panics
/// When it is not installed.
#[must_use]
pub fn validate_geopackage(file: &Path) -> Vec<String> {
    let mut python = Command::new("/usr/bin/python3");
    python.args(["-m", "osgeo_utils.samples.validate_gpkg", "-k", "--extra", "--warning-as-error"]).arg(file);
    let out = run(&mut python);
    assert!(out.success || out.text.contains("Req"), "the validator did not run: {}", out.text);
    let old_name = |l: &str| {
        l.starts_with("Req 75: rtree_")
            && (l.ends_with("_update1 trigger missing") || l.ends_with("_update3 trigger missing"))
    };
    let lines =
        out.text.lines().filter(|l| !l.is_empty() && !l.starts_with("Warning 1: This version of GeoPackage"));
    lines.filter(|l| !old_name(l)).map(str::to_owned).collect()
}
