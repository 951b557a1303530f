//! QR codes as vector drawings, so that a plate stays sharp at any size.

use qrcode::{Color, EcLevel, QrCode};

use crate::PaperError;

/// White modules that must surround a QR code (ISO/IEC 18004).
pub(crate) const QUIET_MODULES: usize = 4;

/// A QR code ready to be drawn.
pub(crate) struct Qr {
    /// An SVG document of `modules` by `modules` units, the quiet zone included.
    pub(crate) svg: String,
    /// Modules along one side, the quiet zone included.
    pub(crate) modules: usize,
}

/// Encodes `text`; `template` and `subject` say in an error whose code it was.
pub(crate) fn qr(
    text: &str,
    level: EcLevel,
    template: &'static str,
    subject: &str,
) -> Result<Qr, PaperError> {
    let code = QrCode::with_error_correction_level(text, level).map_err(|source| PaperError::Qr {
        template,
        subject: subject.to_owned(),
        length: text.len(),
        source,
    })?;
    let width = code.width();
    let modules = width + 2 * QUIET_MODULES;
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        push_runs(&mut path, row, y + QUIET_MODULES);
    }
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{modules}' height='{modules}' \
         viewBox='0 0 {modules} {modules}'><path d='{path}'/></svg>"
    );
    Ok(Qr { svg, modules })
}

/// Appends one rectangle for each run of dark modules: fewer edges than one for each module, and no
/// hair-line gaps between neighbours when a printer rounds.
fn push_runs(path: &mut String, row: &[Color], y: usize) {
    let mut x = 0;
    for run in row.chunk_by(|a, b| a == b) {
        if run.first() == Some(&Color::Dark) {
            let (left, length) = (x + QUIET_MODULES, run.len());
            path.push_str(&format!("M{left} {y}h{length}v1h-{length}z"));
        }
        x += run.len();
    }
}
