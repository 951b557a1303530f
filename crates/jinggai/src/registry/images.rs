//! What a file is, judged by its bytes and never by its name; pictures made safe to look at.
//!
//! Pure functions without I/O: they run on a blocking thread. A picture is decoded under limits, so that a small file
//! cannot unfold to fill the memory; the thumbnail and the public copy are drawn anew and carry no metadata at all.
use crate::clock;
use crate::error::{AppError, Kind, Result};
use crate::http::upload::FILE_MAX;
use exif::{In, Tag, Value};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jinggai_geo::Point;
use std::io::Cursor;

/// Longest side of a picture in pixels, and most pixels altogether.
const SIDE_MAX: u32 = 16_384;
const PIXELS_MAX: u64 = 64_000_000;
/// Longest side of a thumbnail and of a public copy.
const THUMBNAIL: u32 = 320;
const PUBLIC: u32 = 2048;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileType {
    /// Media type.
    pub media: &'static str,
    /// A picture that can be drawn.
    pub picture: Option<ImageFormat>,
}

/// What was made of a picture.
pub struct Picture {
    /// JPEG, at most 320 pixels.
    pub thumbnail: Vec<u8>,
    /// JPEG without metadata, at most 2048 pixels.
    pub public: Vec<u8>,
    /// When it was taken, as the camera says.
    pub taken_at: Option<Timestamp>,
    /// Where it was taken (WGS-84, taken as CGCS2000), as the camera says.
    pub at: Option<Point>,
    /// 64 bits in which pictures of the same scene differ little: see [`likeness`].
    pub likeness: i64,
}

fn document(media: &'static str) -> FileType {
    FileType { media, picture: None }
}

/// What the bytes are.
///
/// # Errors
/// `file.heic` with what to do, `file.type` with what is taken, `file.too_large`, `file.empty`.
pub fn recognise(bytes: &[u8]) -> Result<FileType> {
    if bytes.is_empty() {
        return Err(AppError::field("file.empty", "file", "文件是空的", "the file is empty"));
    }
    if bytes.len() > FILE_MAX {
        return Err(AppError::new(
            Kind::TooLarge,
            "file.too_large",
            format!("文件超过 {} MB，请压缩后再上传", FILE_MAX >> 20),
            format!("the file is larger than {} MB", FILE_MAX >> 20),
        ));
    }
    let picture = |format, media| Ok(FileType { media, picture: Some(format) });
    match bytes {
        [0xff, 0xd8, 0xff, ..] => picture(ImageFormat::Jpeg, "image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => picture(ImageFormat::Png, "image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            picture(ImageFormat::WebP, "image/webp")
        }
        [b'%', b'P', b'D', b'F', b'-', ..] => Ok(document("application/pdf")),
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => Ok(document("application/x-ole-storage")),
        [b'P', b'K', 3, 4, ..] => office(bytes).ok_or_else(unsupported),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if is_heif(brand) => Err(heic()),
        _ => Err(unsupported()),
    }
}

fn is_heif(after: &[u8]) -> bool {
    const BRANDS: [&[u8]; 8] = [b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"];
    after.get(..4).is_some_and(|brand| BRANDS.contains(&brand))
}

/// Office documents are ZIP files that name their parts; other archives are refused.
fn office(bytes: &[u8]) -> Option<FileType> {
    let holds = |name: &[u8]| bytes.windows(name.len()).any(|w| w == name);
    if !holds(b"[Content_Types].xml") {
        return None;
    }
    let of = |part: &str| match part {
        "word" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xl" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    };
    let parts: [(&str, &[u8]); 3] =
        [("word", b"word/document.xml"), ("xl", b"xl/workbook.xml"), ("ppt", b"ppt/presentation.xml")];
    parts.iter().find(|(_, name)| holds(name)).map(|(part, _)| document(of(part)))
}

fn heic() -> AppError {
    AppError::new(
        Kind::Unsupported,
        "file.heic",
        "HEIC 照片多数电脑打不开，请改用 JPEG：iPhone 在“设置 → 相机 → 格式”选“兼容性最佳”后重拍，或先导出为 JPEG 再上传",
        "HEIC pictures cannot be opened on most computers; on an iPhone choose Settings → Camera → Formats → Most Compatible, or export the picture as JPEG",
    )
}

fn unsupported() -> AppError {
    AppError::new(
        Kind::Unsupported,
        "file.type",
        "只收 JPEG、PNG、WebP 照片和 PDF、Word、Excel、PowerPoint 文件（按内容判断，与文件名无关）",
        "only JPEG, PNG and WebP pictures and PDF, Word, Excel and PowerPoint files are taken, judged by content",
    )
}

fn broken(e: impl Into<anyhow::Error>) -> AppError {
    AppError::field("file.broken", "file", "照片打不开，可能已损坏或未传完整", "the picture cannot be opened")
        .caused_by(e)
}

fn too_big(w: u32, h: u32) -> AppError {
    AppError::new(
        Kind::TooLarge,
        "file.pixels",
        format!("照片为 {w}×{h} 像素，超过上限（边长 {SIDE_MAX}、共 {} 百万像素）", PIXELS_MAX / 1_000_000),
        format!("the picture has {w}×{h} pixels, more than is taken"),
    )
}

/// Decodes a picture and makes its copies.
///
/// # Errors
/// `file.pixels`, `file.broken`.
pub fn picture(bytes: &[u8], format: ImageFormat) -> Result<Picture> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(PIXELS_MAX * 4);
    // The size stands in the header: ask it before anything is unfolded.
    let (w, h) = ImageReader::with_format(Cursor::new(bytes), format).into_dimensions().map_err(broken)?;
    if w > SIDE_MAX || h > SIDE_MAX || u64::from(w) * u64::from(h) > PIXELS_MAX {
        return Err(too_big(w, h));
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let orientation = decoder.orientation().map_err(broken)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    image.apply_orientation(orientation);
    let (taken_at, at) = camera(bytes);
    let small = image.thumbnail(THUMBNAIL, THUMBNAIL);
    Ok(Picture {
        likeness: likeness(&small),
        thumbnail: jpeg(&small, 80)?,
        public: jpeg(&shrunk(image), 85)?,
        taken_at,
        at,
    })
}

/// The difference hash of a picture: in a grey picture of 9 × 8, is each point brighter than the one to its right?
///
/// It stands small changes of light, size and compression; it is a hint for people and decides nothing.
fn likeness(image: &DynamicImage) -> i64 {
    let grey = image.resize_exact(9, 8, image::imageops::FilterType::Triangle).to_luma8();
    let mut bits = 0u64;
    for y in 0..8 {
        for x in 0..8 {
            bits = bits << 1 | u64::from(grey.get_pixel(x, y).0[0] > grey.get_pixel(x + 1, y).0[0]);
        }
    }
    i64::from_ne_bytes(bits.to_ne_bytes())
}

fn shrunk(image: DynamicImage) -> DynamicImage {
    if image.width().max(image.height()) <= PUBLIC { image } else { image.thumbnail(PUBLIC, PUBLIC) }
}

fn jpeg(image: &DynamicImage, quality: u8) -> Result<Vec<u8>> {
    let mut out = vec![];
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, quality)
        .encode_image(&image.to_rgb8())
        .map_err(AppError::internal)?;
    Ok(out)
}

/// When and where the camera says the picture was taken. What it says is kept as said: it is no proof.
fn camera(bytes: &[u8]) -> (Option<Timestamp>, Option<Point>) {
    let Ok(exif) = exif::Reader::new().read_from_container(&mut Cursor::new(bytes)) else {
        return (None, None);
    };
    let text = |tag| match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(v) => v.first().map(|t| String::from_utf8_lossy(t).into_owned()),
        _ => None,
    };
    let local =
        text(Tag::DateTimeOriginal).and_then(|t| DateTime::strptime("%Y:%m:%d %H:%M:%S", t.trim()).ok());
    // Cameras write local time; without an offset it is the district's.
    let taken = local.and_then(|d| d.to_zoned_datetime(clock::zone()).ok()).map(|z| z.timestamp());
    let angle = |tag, reference, negative: &str| {
        let Value::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
        let value = parts.first()?.to_f64() + parts.get(1)?.to_f64() / 60.0 + parts.get(2)?.to_f64() / 3600.0;
        let sign = if text(reference)?.starts_with(negative) { -1.0 } else { 1.0 };
        Some(value * sign).filter(|v| v.is_finite())
    };
    let lng = angle(Tag::GPSLongitude, Tag::GPSLongitudeRef, "W");
    let lat = angle(Tag::GPSLatitude, Tag::GPSLatitudeRef, "S");
    let at = lng.zip(lat).map(|(lng, lat)| Point { lng, lat }).filter(|p| p.is_valid());
    (taken, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> &'static str {
        recognise(bytes).map(|t| t.media).map_or_else(|e| e.code(), |media| panic!("taken as {media}"))
    }

    #[test]
    fn content_decides_the_type() {
        assert_eq!(recognise(b"%PDF-1.7\n").unwrap().media, "application/pdf");
        assert_eq!(recognise(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]).unwrap().picture, None);
        let docx = [b"PK\x03\x04......[Content_Types].xml...".as_slice(), b"word/document.xml"].concat();
        assert!(recognise(&docx).unwrap().media.ends_with("wordprocessingml.document"));
        assert_eq!(refused(b"PK\x03\x04......evil.exe"), "file.type");
        assert_eq!(refused(b"\0\0\0\x18ftypheic\0\0\0\0"), "file.heic");
        assert_eq!(refused(b"<svg onload=alert(1)>"), "file.type");
        assert_eq!(refused(b"MZ\x90"), "file.type");
        assert_eq!(refused(b""), "file.empty");
    }

    /// A PNG whose header promises what its few bytes cannot hold.
    fn png_header(w: u32, h: u32) -> Vec<u8> {
        let mut chunk = b"IHDR".to_vec();
        chunk.extend(w.to_be_bytes());
        chunk.extend(h.to_be_bytes());
        chunk.extend([8, 2, 0, 0, 0]);
        let mut out = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
        out.extend(&chunk);
        out.extend(crc(&chunk).to_be_bytes());
        out.extend([0; 4]);
        out.extend(b"IDAT");
        out.extend(crc(b"IDAT").to_be_bytes());
        out
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0u32, |c, b| {
            (0..8).fold(c ^ u32::from(*b), |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 })
        })
    }

    #[test]
    fn bombs_and_broken_pictures_are_refused() {
        let code =
            |bytes: &[u8]| picture(bytes, ImageFormat::Png).map(|_| "taken").unwrap_or_else(|e| e.code());
        assert_eq!(code(&png_header(60_000, 60_000)), "file.pixels");
        assert_eq!(code(&png_header(16_000, 16_000)), "file.pixels");
        assert_eq!(code(&png_header(8, 8)), "file.broken");
    }
}
