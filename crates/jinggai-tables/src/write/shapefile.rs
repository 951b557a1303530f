//! Shapefile: .shp, .shx, .dbf, .prj and .cpg, with the table of field names. A path that ends in `.zip`, or a stream,
//! gets one archive; otherwise the parts lie side by side.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use super::dbf::{DbfWriter, Losses};
use super::output::{Output, Target};
use super::short_names::short_names;
use super::shp::{ShapeError, ShpWriter, shape_type};
use super::{OutColumn, Sink, WriteOptions, unwritable};
use crate::cell::Cell;
use crate::error::TableError;
use crate::geometry::{Geometry, GeometryKind};
use crate::note::{Note, NoteCode};
use crate::read::Format;

/// Fields of a DBF table.
const FIELDS_MAX: usize = 255;

pub(super) struct ShapefileSink {
    folder: TempDir,
    target: Target,
    label: PathBuf,
    stem: String,
    shp: ShpWriter,
    dbf: DbfWriter,
    columns: Vec<OutColumn>,
    kind: GeometryKind,
    crs: u32,
    rows: u64,
}

impl ShapefileSink {
    pub(super) fn create(
        target: Target,
        columns: &[OutColumn],
        options: &WriteOptions,
    ) -> Result<Self, TableError> {
        let Some((kind, code)) = options.geometry.and_then(|kind| Some((kind, shape_type(kind)?))) else {
            return Err(unwritable(
                Format::Shapefile,
                "Shapefile 只能有一种几何：点、线或面，请说明是哪一种",
                "a Shapefile holds one kind of geometry: say whether points, lines or polygons",
            ));
        };
        if columns.is_empty() || columns.len() > FIELDS_MAX {
            return Err(unwritable(Format::Shapefile, "列数应为 1–255", "1 to 255 columns are needed"));
        }
        let label = target.label();
        let io = |e| TableError::io(&label, e);
        let stem = match &target {
            Target::Path(path) => crate::read::stem(path),
            Target::Stream(_) => options.table.clone(),
        };
        let folder = match &target {
            // Beside the target, so that the parts can be moved into place.
            Target::Path(path) => match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                Some(parent) => TempDir::new_in(parent),
                None => TempDir::new_in("."),
            },
            Target::Stream(_) => TempDir::new(),
        }
        .map_err(io)?;
        let part = |extension: &str| folder.path().join(format!("part.{extension}"));
        let shp = ShpWriter::create(&part("shp"), &part("shx"), code).map_err(io)?;
        let dbf = DbfWriter::create(columns, options.offset).map_err(io)?;
        Ok(Self {
            folder,
            target,
            stem,
            shp,
            dbf,
            columns: columns.to_vec(),
            kind,
            crs: options.crs,
            rows: 0,
            label,
        })
    }
}

impl Sink for ShapefileSink {
    fn write(&mut self, cells: &[Cell], geometry: Option<&Geometry>) -> Result<(), TableError> {
        self.rows += 1;
        self.shp.write(geometry).map_err(|error| match error {
            ShapeError::Io(error) => TableError::io(&self.label, error),
            ShapeError::Kind => unwritable(
                Format::Shapefile,
                &format!("第 {} 行的几何不是 {}", self.rows, self.kind.name()),
                &format!("the geometry of row {} is not a {}", self.rows, self.kind.name()),
            ),
            ShapeError::Full => unwritable(
                Format::Shapefile,
                "文件超过 Shapefile 的上限（4 GB），请用 GeoPackage",
                "the file exceeds what a Shapefile can be (4 GB): use GeoPackage",
            ),
        })?;
        self.dbf.write(cells).map_err(|e| TableError::io(&self.label, e))
    }

    fn finish(self: Box<Self>) -> Result<Vec<Note>, TableError> {
        let label = self.label;
        let io = |e| TableError::io(&label, e);
        let names = short_names(&self.columns);
        let part = |name: &str| self.folder.path().join(name);
        self.shp.finish().map_err(io)?;
        let losses = self.dbf.finish(&part("part.dbf"), &names).map_err(io)?;
        std::fs::write(part("part.cpg"), "UTF-8").map_err(io)?;
        let mut notes = notes(&self.columns, &names, &losses);
        let mut parts = vec!["shp", "shx", "dbf", "cpg"];
        match crate::crs::esri_wkt(self.crs) {
            Some(wkt) => {
                std::fs::write(part("part.prj"), wkt).map_err(io)?;
                parts.push("prj");
            }
            None => notes.push(Note::new(
                NoteCode::CrsUnknown,
                format!("没有 EPSG:{} 的 .prj 文本，未写 .prj", self.crs),
                format!("no .prj text is known for EPSG:{}; none was written", self.crs),
            )),
        }
        let renamed = notes.iter().any(|note| note.code == NoteCode::FieldNamesShortened);
        if renamed {
            std::fs::write(part("part_fields.csv"), fields_csv(&self.columns, &names)).map_err(io)?;
        }
        let mut files: Vec<(PathBuf, String)> = parts
            .iter()
            .map(|extension| (part(&format!("part.{extension}")), format!("{}.{extension}", self.stem)))
            .collect();
        if renamed {
            files.push((part("part_fields.csv"), format!("{}_fields.csv", self.stem)));
        }
        place(self.target, &files)?;
        Ok(notes)
    }
}

/// Moves the parts into place, or packs them.
fn place(target: Target, files: &[(PathBuf, String)]) -> Result<(), TableError> {
    if let Target::Path(path) = &target
        && !path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
    {
        let folder = path.parent().unwrap_or(Path::new(""));
        for (from, name) in files {
            std::fs::rename(from, folder.join(name)).map_err(|e| TableError::io(path, e))?;
        }
        return Ok(());
    }
    let label = target.label();
    let mut output = Output::create(target)?;
    pack(&mut output, files).map_err(|e| TableError::io(&label, e))?;
    output.finish()
}

fn pack(output: &mut Output, files: &[(PathBuf, String)]) -> io::Result<()> {
    let mut archive = zip::ZipWriter::new_stream(output);
    for (from, name) in files {
        let options = SimpleFileOptions::default().large_file(true);
        archive.start_file(name, options).map_err(io::Error::other)?;
        io::copy(&mut File::open(from)?, &mut archive)?;
    }
    archive.finish().map_err(io::Error::other)?.flush()
}

fn notes(columns: &[OutColumn], names: &[String], losses: &[Losses]) -> Vec<Note> {
    let mut notes = Vec::new();
    let renamed: Vec<_> = columns
        .iter()
        .zip(names)
        .filter(|(column, name)| column.key != **name)
        .map(|(column, name)| format!("{} → {name}", column.key))
        .collect();
    if !renamed.is_empty() {
        let list = renamed.join("、");
        notes.push(
            Note::new(
                NoteCode::FieldNamesShortened,
                format!("Shapefile 字段名最长 10 字节，已缩短（对照表见 *_fields.csv）：{list}"),
                format!(
                    "field names of a Shapefile have 10 bytes; shortened (see *_fields.csv): {}",
                    renamed.join(", ")
                ),
            )
            .about(renamed),
        );
    }
    let keys = |has: &dyn Fn(&Losses) -> bool| -> Vec<String> {
        columns
            .iter()
            .zip(losses)
            .filter(|(_, losses)| has(losses))
            .map(|(column, _)| column.key.clone())
            .collect()
    };
    let lost = keys(&|losses| losses.lost > 0);
    if !lost.is_empty() {
        notes.push(
            Note::new(
                NoteCode::ValuesNotWritten,
                format!("这些列有与字段类型不符的值，未写出：{}", lost.join("、")),
                format!("these columns had values that their type has no form for: {}", lost.join(", ")),
            )
            .about(lost),
        );
    }
    let cut = keys(&|losses| losses.cut > 0);
    if !cut.is_empty() {
        notes.push(
            Note::new(
                NoteCode::TextCut,
                format!("这些列有超过 254 字节的文字，已截断：{}", cut.join("、")),
                format!("these columns had text of more than 254 bytes, which was cut: {}", cut.join(", ")),
            )
            .about(cut),
        );
    }
    notes
}

fn fields_csv(columns: &[OutColumn], names: &[String]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let rows = columns.iter().zip(names).map(|(column, name)| {
        format!("{},{},{}\r\n", quoted(name), quoted(&column.key), quoted(&column.title))
    });
    "\u{feff}字段,键,名称\r\n".to_owned() + &rows.collect::<String>()
}
