//! CSV: UTF-8, CRLF, quotes where needed.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use super::output::{Output, Target};
use super::{Names, OutColumn, Sink, WriteOptions, headings, local_time};
use crate::cell::Cell;
use crate::error::TableError;
use crate::geometry::Geometry;
use crate::note::Note;

pub(super) struct CsvSink {
    writer: csv::Writer<BufWriter<Output>>,
    label: PathBuf,
    columns: usize,
    offset: jiff::tz::Offset,
}

impl CsvSink {
    pub(super) fn create(
        target: Target,
        columns: &[OutColumn],
        options: &WriteOptions,
    ) -> Result<Self, TableError> {
        let label = target.label();
        let mut out = BufWriter::with_capacity(128 * 1024, Output::create(target)?);
        if options.bom {
            out.write_all("\u{feff}".as_bytes()).map_err(|e| TableError::io(&label, e))?;
        }
        let writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(out);
        let mut sink = Self { writer, label, columns: columns.len(), offset: options.offset };
        sink.row(headings(columns, options, Names::Title).iter().map(|name| name.as_str().into()))?;
        Ok(sink)
    }

    fn row<'a>(&mut self, fields: impl Iterator<Item = std::borrow::Cow<'a, str>>) -> Result<(), TableError> {
        let failed = |label: &PathBuf, error: csv::Error| TableError::io(label, error.into());
        for field in fields {
            self.writer.write_field(field.as_bytes()).map_err(|e| failed(&self.label, e))?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(|e| failed(&self.label, e))
    }
}

impl Sink for CsvSink {
    fn write(&mut self, cells: &[Cell], _geometry: Option<&Geometry>) -> Result<(), TableError> {
        let offset = self.offset;
        let missing = self.columns.saturating_sub(cells.len());
        let texts = cells.iter().map(|cell| match cell {
            Cell::Instant(at) => local_time(*at, offset).into(),
            other => other.text(),
        });
        self.row(texts.chain(std::iter::repeat_n("".into(), missing)))
    }

    fn finish(self: Box<Self>) -> Result<Vec<Note>, TableError> {
        let buffered = self.writer.into_inner().map_err(|e| TableError::io(&self.label, e.into_error()))?;
        let output = buffered.into_inner().map_err(|e| TableError::io(&self.label, e.into_error()))?;
        output.finish()?;
        Ok(Vec::new())
    }
}
