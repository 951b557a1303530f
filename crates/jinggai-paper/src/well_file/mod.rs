//! The printed file of a well (一井一档案): everything known about one well, on paper.
//!
//! It is the owner's defence and the prosecutor's proof, so it says what it was drawn from: the last
//! event, the hash of the chain at it and a digest. It does not decide what belongs to a file, nor
//! what a reader may see (contacts, for instance): the caller passes only that.

mod model;
mod sketch;

use qrcode::EcLevel;
use serde::Serialize;
use typst::{
    foundations::Bytes,
    visualize::{ExchangeFormat, RasterImage},
};

pub use model::{
    Area, CodeRow, CoverBlock, DeviceRow, DocumentRow, EventRow, FallGuardBlock, Identity, LabelRow, Photo,
    Pipe, Place, Provenance, Remark, ResponsibilityRow, Role, WellBlock, WellFileData,
};
pub use sketch::{Sketch, SketchLine, SketchLineKind, SketchPoint};

use crate::{
    Fonts, Paper, PaperError,
    qr::qr,
    render::{Template, render},
};

/// What the template reads: the data, and what had to be prepared for it.
#[derive(Serialize)]
struct Sheet<'a> {
    #[serde(flatten)]
    file: &'a WellFileData,
    /// SVG of the plate's QR code.
    qr: Option<String>,
    sketch: Option<sketch::Prepared>,
    /// File of each photograph, in order; none where it cannot be shown.
    photo_files: Vec<Option<String>>,
}

/// Renders the file of a well as A4 pages.
///
/// A photograph that is neither JPEG nor PNG, or damaged, leaves a marked gap and a warning.
///
/// # Errors
/// [`PaperError::Qr`] if the plate's address is too long for a QR code; [`PaperError::Data`],
/// [`PaperError::Template`] and [`PaperError::Pdf`] on faults of this crate.
pub fn well_file(fonts: &Fonts, data: &WellFileData) -> Result<Paper, PaperError> {
    let template = Template::WellFile;
    let code = match &data.plate_url {
        Some(url) => Some(qr(url, EcLevel::M, template.name(), "井盖标识")?.svg),
        None => None,
    };
    let mut warnings = Vec::new();
    let mut files = Vec::new();
    let mut photo_files = Vec::new();
    for (index, photo) in data.photos.iter().enumerate() {
        let name = picture(photo).map(|(bytes, extension)| {
            let name = format!("photo-{index}.{extension}");
            files.push((name.clone(), bytes));
            name
        });
        if name.is_none() {
            warnings.push(photo_warning(index, photo));
        }
        photo_files.push(name);
    }
    let sketch = data.place.sketch.as_ref().and_then(Sketch::prepared);
    let sheet = Sheet { file: data, qr: code, sketch, photo_files };
    render(fonts, template, &sheet, files, warnings)
}

/// The bytes of a picture that typst can decode to the end, with the extension for its format. One
/// damaged photograph must not keep the other pages from being printed.
fn picture(photo: &Photo) -> Option<(Bytes, &'static str)> {
    let format = ExchangeFormat::detect(&photo.bytes)?;
    let extension = match format {
        ExchangeFormat::Jpg => "jpg",
        ExchangeFormat::Png => "png",
        ExchangeFormat::Gif | ExchangeFormat::Webp => return None,
    };
    let bytes = Bytes::new(photo.bytes.clone());
    RasterImage::plain(bytes.clone(), format).ok().map(|_| (bytes, extension))
}

fn photo_warning(index: usize, photo: &Photo) -> String {
    let caption = photo.caption.as_deref().unwrap_or("无说明");
    format!("第 {} 张照片（{caption}）不是完好的 JPEG 或 PNG 图片，文中留空", index + 1)
}
