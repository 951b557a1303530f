//! Photos of the tests.
use std::io::Cursor;

/// A small picture; each `shade` is another file.
///
/// # Panics
/// When it cannot be written: a mistake of the test.
#[must_use]
pub fn picture(shade: u8) -> Vec<u8> {
    let mut out = Cursor::new(vec![]);
    image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([(x * 4) as u8, (y * 5) as u8, shade]))
        .write_to(&mut out, image::ImageFormat::Png)
        .expect("a picture can be written");
    out.into_inner()
}
