//! What was noticed about a file while opening it: never an error, always something that a person should know before
//! trusting the import. Codes are stable; texts are for people.

/// What was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoteCode {
    /// The text starts with a byte order mark.
    ByteOrderMark,
    /// The encoding was guessed from the bytes.
    EncodingGuessed,
    /// Some bytes fit no encoding and became `�`.
    EncodingDamaged,
    /// Lines end with CR only.
    CrLineEnds,
    /// NUL bytes were left out.
    NulBytes,
    /// The separator is not a comma.
    Delimiter,
    /// The header stands below title rows.
    HeaderRowFound,
    /// The header takes several rows with merged cells.
    HeaderMerged,
    /// No row looks like a header; columns are named by letter.
    HeaderMissing,
    /// The column names look like the values of a first record.
    HeaderLost,
    /// A row that only numbers the columns (栏次) was skipped.
    ColumnNumbersSkipped,
    /// Values of merged data cells were repeated over the merged range.
    MergedCellsFilled,
    /// Names that occurred twice were made unique.
    DuplicateNames,
    /// A column without a name was named by its letter.
    UnnamedColumns,
    /// Columns without any value in the sampled rows.
    BlankColumns,
    /// Long numbers have lost digits in a spreadsheet.
    DigitsLost,
    /// Text that was decoded with the wrong encoding before it got here.
    GarbledText,
    /// Some or all sampled records have no geometry.
    GeometryMissing,
    /// The geometries are of several kinds.
    GeometryMixed,
    /// The table has a header but no rows.
    NoRows,
    /// Several layers or sheets; one was chosen.
    LayerChosen,
    /// The reference system is declared but not understood.
    CrsUnknown,
    /// A Shapefile without `.prj`, or a layer without a reference system.
    CrsMissing,
    /// Properties beyond the scanned part may appear as extra values.
    ColumnsSampled,
    /// Records marked as deleted were left out.
    DeletedRecords,
    /// The table was unpacked from a zip archive.
    Unpacked,
    /// Written: the format carries no geometry.
    GeometryNotWritten,
    /// Written: field names were shortened to what the format allows.
    FieldNamesShortened,
    /// Written: text was cut to what the format allows.
    TextCut,
    /// Written: values that do not fit the type of their column were left out.
    ValuesNotWritten,
    /// Written: more rows than a sheet holds.
    SplitIntoSheets,
}

impl NoteCode {
    /// The stable name of the code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByteOrderMark => "byte_order_mark",
            Self::EncodingGuessed => "encoding_guessed",
            Self::EncodingDamaged => "encoding_damaged",
            Self::CrLineEnds => "cr_line_ends",
            Self::NulBytes => "nul_bytes",
            Self::Delimiter => "delimiter",
            Self::HeaderRowFound => "header_row_found",
            Self::HeaderMerged => "header_merged",
            Self::HeaderMissing => "header_missing",
            Self::HeaderLost => "header_lost",
            Self::ColumnNumbersSkipped => "column_numbers_skipped",
            Self::MergedCellsFilled => "merged_cells_filled",
            Self::DuplicateNames => "duplicate_names",
            Self::UnnamedColumns => "unnamed_columns",
            Self::BlankColumns => "blank_columns",
            Self::DigitsLost => "digits_lost",
            Self::GarbledText => "garbled_text",
            Self::GeometryMissing => "geometry_missing",
            Self::GeometryMixed => "geometry_mixed",
            Self::NoRows => "no_rows",
            Self::LayerChosen => "layer_chosen",
            Self::CrsUnknown => "crs_unknown",
            Self::CrsMissing => "crs_missing",
            Self::ColumnsSampled => "columns_sampled",
            Self::DeletedRecords => "deleted_records",
            Self::Unpacked => "unpacked",
            Self::GeometryNotWritten => "geometry_not_written",
            Self::FieldNamesShortened => "field_names_shortened",
            Self::TextCut => "text_cut",
            Self::ValuesNotWritten => "values_not_written",
            Self::SplitIntoSheets => "split_into_sheets",
        }
    }
}

/// Something noticed about a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Which kind of thing.
    pub code: NoteCode,
    /// For people, in Chinese.
    pub message_zh: String,
    /// For people, in English.
    pub message_en: String,
    /// The columns concerned, if it is about columns.
    pub columns: Vec<String>,
}

impl Note {
    pub(crate) fn new(code: NoteCode, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, message_zh: zh.into(), message_en: en.into(), columns: Vec::new() }
    }

    pub(crate) fn about(mut self, columns: Vec<String>) -> Self {
        self.columns = columns;
        self
    }
}
