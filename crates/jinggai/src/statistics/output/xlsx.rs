//! XLSX as an office hands it in: the tables, the sheet 校核 with their checks, the sheet 查询 with the query of every figure.
mod audit;
mod layout;
mod table;

use super::Sheet;
use super::printed::Book;
use rust_xlsxwriter::{DocProperties, Workbook, XlsxError};

pub(super) fn render(book: &Book, sheet: &Sheet) -> Result<Vec<u8>, XlsxError> {
    let mut out = Workbook::new();
    let title = &book.flat.title;
    out.set_properties(
        &DocProperties::new().set_title(title).set_comment(format!("{} {}", book.query, book.digest)),
    );
    for printed in &book.sheets {
        table::write(out.add_worksheet(), printed)?;
    }
    if !book.checks.is_empty() {
        audit::checks(out.add_worksheet(), book)?;
    }
    audit::queries(out.add_worksheet(), book, sheet)?;
    out.save_to_buffer()
}
