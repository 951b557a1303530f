//! Sheets of QR plates (标识), exact to the millimetre, for printing on cut or adhesive sheets.
//!
//! Positions are computed here and only placed by the template, so that what is checked is what is
//! printed. Which sheet a maker sells, how big a plate must be and what it says are data. It does not
//! number covers and does not know addresses: both come with each [`Label`].

use qrcode::EcLevel;
use serde::{Deserialize, Serialize};

use crate::{
    Fonts, Paper, PaperError,
    qr::qr,
    render::{Template, render},
};

/// Rounding allowed where measures meet the edge of the page, millimetres.
const SLACK_MM: f64 = 1e-6;

/// What one plate says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Label {
    /// The number on the plate (编号).
    pub code: String,
    /// Address of the page behind it.
    pub url: String,
    /// Kind of well, for example 雨水.
    pub kind: Option<String>,
    /// Owner's or maintainer's name.
    pub unit: Option<String>,
    /// Its emergency telephone (抢修电话).
    pub phone: Option<String>,
}

/// Measures of a sheet of plates, all in millimetres from the top left corner of the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelLayout {
    /// Width of the page.
    pub page_width_mm: f64,
    /// Height of the page.
    pub page_height_mm: f64,
    /// Left edge of the first column.
    pub left_mm: f64,
    /// Upper edge of the first row.
    pub top_mm: f64,
    /// Plates side by side.
    pub columns: usize,
    /// Plates one above the other.
    pub rows: usize,
    /// Width of a plate.
    pub label_width_mm: f64,
    /// Height of a plate.
    pub label_height_mm: f64,
    /// From the left edge of a plate to that of the next.
    pub pitch_x_mm: f64,
    /// From the upper edge of a plate to that of the next.
    pub pitch_y_mm: f64,
    /// From the plate's edge to its content.
    pub padding_mm: f64,
    /// Side of the QR code, with the four white modules around it.
    pub qr_mm: f64,
    /// Smallest module that the printer and the phones of the district can do; a smaller one is warned of.
    pub module_min_mm: Option<f64>,
    /// How much of a QR code may be worn away.
    pub error_correction: ErrorCorrection,
    /// Draw the edge of each plate, for cutting.
    pub cut_lines: bool,
    /// Places already used on the first sheet.
    pub skip: usize,
    /// First line on every plate, for example 江北区窨井盖.
    pub heading: Option<String>,
    /// Last line on every plate, for example 扫码报修.
    pub hint: Option<String>,
}

impl Default for LabelLayout {
    /// Three by eight plates of 63 × 34 mm on A4; a starting point, not a standard.
    fn default() -> Self {
        LabelLayout {
            page_width_mm: 210.0,
            page_height_mm: 297.0,
            left_mm: 8.5,
            top_mm: 9.0,
            columns: 3,
            rows: 8,
            label_width_mm: 63.0,
            label_height_mm: 34.0,
            pitch_x_mm: 65.0,
            pitch_y_mm: 35.0,
            padding_mm: 2.0,
            qr_mm: 28.0,
            module_min_mm: None,
            error_correction: ErrorCorrection::Quartile,
            cut_lines: true,
            skip: 0,
            heading: None,
            hint: None,
        }
    }
}

/// Share of a QR code that may be lost (ISO/IEC 18004).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCorrection {
    /// 约 7 %
    Low,
    /// 约 15 %
    Medium,
    /// 约 25 %
    Quartile,
    /// 约 30 %
    High,
}

impl From<ErrorCorrection> for EcLevel {
    fn from(level: ErrorCorrection) -> EcLevel {
        match level {
            ErrorCorrection::Low => EcLevel::L,
            ErrorCorrection::Medium => EcLevel::M,
            ErrorCorrection::Quartile => EcLevel::Q,
            ErrorCorrection::High => EcLevel::H,
        }
    }
}

#[derive(Serialize)]
struct Sheet<'a> {
    layout: &'a LabelLayout,
    pages: Vec<Vec<Placed<'a>>>,
}

#[derive(Serialize)]
struct Placed<'a> {
    #[serde(flatten)]
    label: &'a Label,
    svg: String,
    x_mm: f64,
    y_mm: f64,
}

/// Renders plates row by row; as many pages as they need, one empty page if there are none.
///
/// # Errors
/// [`PaperError::LabelLayout`] if the measures do not fit each other; [`PaperError::Qr`] naming the
/// plate if its address is too long; [`PaperError::Data`], [`PaperError::Template`] and
/// [`PaperError::Pdf`] on faults of this crate.
pub fn label_sheet(fonts: &Fonts, labels: &[Label], layout: &LabelLayout) -> Result<Paper, PaperError> {
    check(layout)?;
    let template = Template::LabelSheet;
    let per_page = layout.columns * layout.rows;
    let mut pages: Vec<Vec<Placed<'_>>> = Vec::new();
    let mut finest_mm = f64::INFINITY;
    for (index, label) in labels.iter().enumerate() {
        let subject = format!("标识“{}”", label.code);
        let code = qr(&label.url, layout.error_correction.into(), template.name(), &subject)?;
        finest_mm = finest_mm.min(layout.qr_mm / code.modules as f64);
        let slot = index + layout.skip;
        let (x_mm, y_mm) = layout.position(slot % per_page);
        let placed = Placed { label, svg: code.svg, x_mm, y_mm };
        match pages.get_mut(slot / per_page) {
            Some(page) => page.push(placed),
            None => pages.push(vec![placed]),
        }
    }
    let warnings = layout.module_warning(finest_mm).into_iter().collect();
    render(fonts, template, &Sheet { layout, pages }, Vec::new(), warnings)
}

impl LabelLayout {
    /// Upper left corner of a place of a page, millimetres.
    fn position(&self, slot: usize) -> (f64, f64) {
        let (column, row) = (slot % self.columns, slot / self.columns);
        (self.left_mm + column as f64 * self.pitch_x_mm, self.top_mm + row as f64 * self.pitch_y_mm)
    }

    fn module_warning(&self, finest_mm: f64) -> Option<String> {
        let min = self.module_min_mm.filter(|min| finest_mm < *min)?;
        Some(format!(
            "二维码模块边长 {finest_mm:.2} mm，小于要求的 {min:.2} mm；请放大二维码、降低纠错等级或缩短网址"
        ))
    }
}

fn check(layout: &LabelLayout) -> Result<(), PaperError> {
    let refuse = |message: String| Err(PaperError::LabelLayout(message));
    let positive = [
        ("页面宽度", layout.page_width_mm),
        ("页面高度", layout.page_height_mm),
        ("标签宽度", layout.label_width_mm),
        ("标签高度", layout.label_height_mm),
        ("二维码边长", layout.qr_mm),
    ];
    if let Some((name, value)) = positive.iter().find(|(_, value)| !(value.is_finite() && *value > 0.0)) {
        return refuse(format!("{name}为 {value} mm，应大于 0"));
    }
    if !(layout.left_mm >= 0.0 && layout.top_mm >= 0.0 && layout.padding_mm >= 0.0) {
        return refuse("左边距、上边距和内边距不得为负数".into());
    }
    if layout.columns == 0 || layout.rows == 0 {
        return refuse("每页的列数和行数至少为 1".into());
    }
    if layout.skip >= layout.columns * layout.rows {
        return refuse(format!(
            "跳过 {} 个位置，应少于每页 {} 个",
            layout.skip,
            layout.columns * layout.rows
        ));
    }
    check_edges(layout)
}

fn check_edges(layout: &LabelLayout) -> Result<(), PaperError> {
    let refuse = |message: String| Err(PaperError::LabelLayout(message));
    let (x, y) = layout.position(layout.columns * layout.rows - 1);
    let (right, bottom) = (x + layout.label_width_mm, y + layout.label_height_mm);
    // Written so that a measure that is not a number is refused as well.
    if !(right <= layout.page_width_mm + SLACK_MM && bottom <= layout.page_height_mm + SLACK_MM) {
        return refuse(format!(
            "标签排到右 {right:.1} mm、下 {bottom:.1} mm，超出页面 {} × {} mm",
            layout.page_width_mm, layout.page_height_mm
        ));
    }
    let overlap_x = layout.columns > 1 && layout.pitch_x_mm + SLACK_MM < layout.label_width_mm;
    let overlap_y = layout.rows > 1 && layout.pitch_y_mm + SLACK_MM < layout.label_height_mm;
    if overlap_x || overlap_y {
        return refuse("标签间距小于标签尺寸，标签会重叠".into());
    }
    let room = layout.label_width_mm.min(layout.label_height_mm) - 2.0 * layout.padding_mm;
    if layout.qr_mm > room + SLACK_MM {
        return refuse(format!("二维码边长 {} mm，标签内只有 {room:.1} mm", layout.qr_mm));
    }
    Ok(())
}
