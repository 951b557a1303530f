//! XLSX as an office hands it in: the table, the sheet 校核 with its checks, the sheet 查询 with the query of every figure.
mod audit;
mod layout;
mod table;

use super::super::annex1::Annex;
use super::Sheet;
use rust_xlsxwriter::{DocProperties, Workbook, XlsxError};

pub(super) fn render(annex: &Annex, sheet: &Sheet) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_title(&annex.template.title_zh).set_comment(format!(
        "{} {}",
        annex.query.base(&annex.template.counted).query(),
        annex.digest
    )));
    table::write(book.add_worksheet(), annex, sheet)?;
    audit::checks(book.add_worksheet(), annex)?;
    audit::queries(book.add_worksheet(), annex, sheet)?;
    book.save_to_buffer()
}
