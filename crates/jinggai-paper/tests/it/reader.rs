//! Reads PDF files with poppler-utils, so that the tests do not trust the library that wrote them.

use std::{fs, process::Command, sync::LazyLock};

use jinggai_paper::Fonts;

/// The packaged font alone.
pub static FONTS: LazyLock<Fonts> = LazyLock::new(|| Fonts::load(&[]).unwrap());

/// The text of all pages, without the spaces that typesetting puts between scripts.
pub fn text(pdf: &[u8]) -> String {
    pages(pdf).concat()
}

/// The text of each page, in the order in which it was drawn and without white space.
pub fn pages(pdf: &[u8]) -> Vec<String> {
    let out = String::from_utf8(poppler("pdftotext", &["-raw"], pdf, &["-"])).unwrap();
    let pages: Vec<&str> = out.split('\u{c}').collect();
    let whole = &pages[..pages.len() - 1];
    whole.iter().map(|page| page.split_whitespace().collect()).collect()
}

/// Names of the fonts embedded in a document.
pub fn fonts(pdf: &[u8]) -> String {
    String::from_utf8(poppler("pdffonts", &[], pdf, &[])).unwrap()
}

/// The width and height of the first page in millimetres.
pub fn page_size_mm(pdf: &[u8]) -> (f64, f64) {
    let out = String::from_utf8(poppler("pdfinfo", &[], pdf, &[])).unwrap();
    let line = out.lines().find(|l| l.starts_with("Page size:")).unwrap();
    let points: Vec<f64> = line.split_whitespace().filter_map(|w| w.parse().ok()).collect();
    (points[0] * 25.4 / 72.0, points[1] * 25.4 / 72.0)
}

/// A page as grey picture of ten pixels to the millimetre.
pub struct Picture {
    pub width: usize,
    pub height: usize,
    grey: Vec<u8>,
}

impl Picture {
    /// Whether it is dark at a place, in millimetres from the top left corner.
    pub fn is_dark(&self, x_mm: f64, y_mm: f64) -> bool {
        self.grey_at(x_mm, y_mm) < 128
    }

    /// Whether there is anything at a place, even a hair-line.
    pub fn is_inked(&self, x_mm: f64, y_mm: f64) -> bool {
        self.grey_at(x_mm, y_mm) < 250
    }

    fn grey_at(&self, x_mm: f64, y_mm: f64) -> u8 {
        let (x, y) = ((x_mm * 10.0) as usize, (y_mm * 10.0) as usize);
        self.grey[y * self.width + x]
    }
}

/// Draws one page, counted from 1.
pub fn picture(pdf: &[u8], page: usize) -> Picture {
    let page = page.to_string();
    let pgm = poppler("pdftoppm", &["-r", "254", "-gray", "-f", &page, "-l", &page], pdf, &[]);
    let mut head = pgm.splitn(4, u8::is_ascii_whitespace);
    let mut word = || String::from_utf8(head.next().unwrap().to_vec()).unwrap();
    assert_eq!(word(), "P5");
    let (width, height) = (word().parse().unwrap(), word().parse().unwrap());
    let grey = pgm[pgm.len() - width * height..].to_vec();
    Picture { width, height, grey }
}

fn poppler(program: &str, before: &[&str], pdf: &[u8], after: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("paper.pdf");
    fs::write(&file, pdf).unwrap();
    let out = Command::new(program)
        .args(before)
        .arg(&file)
        .args(after)
        .output()
        .unwrap_or_else(|e| panic!("{program} of poppler-utils cannot be run ({e}): run make deps"));
    assert!(out.status.success(), "{program}: {}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}
