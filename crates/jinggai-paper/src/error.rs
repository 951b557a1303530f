//! What can go wrong on the way to a PDF, each naming the document it concerns.

use std::path::PathBuf;

use thiserror::Error;

/// Why a document could not be made.
///
/// Things that spoil only a part of a document (a character without a glyph, a photograph that cannot
/// be decoded) are warnings of [`Paper`](crate::Paper), not errors.
#[derive(Debug, Error)]
pub enum PaperError {
    /// The customer's font folder, or a file in it, cannot be read.
    #[error("无法读取字体“{}”：{source}；请检查该路径的读取权限", path.display())]
    FontFile {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The font packaged with the program holds no face: the build is broken.
    #[error("程序内置字体无法使用，请重新安装程序")]
    PackagedFont,
    /// The data could not be written as JSON.
    #[error("文书模板 {template}：数据无法写成 JSON：{source}")]
    Data {
        /// Name of the template.
        template: &'static str,
        /// What the serialiser said.
        source: serde_json::Error,
    },
    /// The template and the data do not fit each other.
    #[error("文书模板 {template} 排版失败：{message}")]
    Template {
        /// Name of the template.
        template: &'static str,
        /// The compiler's messages, each with line and hint.
        message: String,
    },
    /// The laid-out document could not be written as PDF.
    #[error("文书模板 {template} 生成 PDF 失败：{message}")]
    Pdf {
        /// Name of the template.
        template: &'static str,
        /// The exporter's messages.
        message: String,
    },
    /// The text of a QR code is too long for a QR code.
    #[error("文书模板 {template}：{subject} 的二维码内容过长（{length} 字节）：{source}")]
    Qr {
        /// Name of the template.
        template: &'static str,
        /// Whose code it is.
        subject: String,
        /// Bytes of the text.
        length: usize,
        /// What the encoder said.
        source: qrcode::types::QrError,
    },
    /// A table without columns.
    #[error("文书模板 table_report：报表“{title}”没有列，至少应有一列")]
    NoColumns {
        /// Title of the table.
        title: String,
    },
    /// A row of a table has another number of cells than the table has columns.
    #[error("文书模板 table_report：{row}有 {got} 格，应有 {want} 格")]
    RowWidth {
        /// Which row, in words.
        row: String,
        /// Cells found.
        got: usize,
        /// Columns of the table.
        want: usize,
    },
    /// The measures of a label sheet contradict each other or the page.
    #[error("文书模板 label_sheet：{0}")]
    LabelLayout(String),
}
