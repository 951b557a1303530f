//! Zip archives: a Shapefile with its parts, or a single table of another kind. Unpacked to a temporary folder that
//! lives as long as anything reads from it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::{Backend, OpenOptions, Opened, RowIter};
use crate::error::{TableError, file_name};
use crate::note::{Note, NoteCode};

/// Parts of a Shapefile that are read.
const PARTS: [&str; 5] = ["shp", "shx", "dbf", "prj", "cpg"];
/// Kinds of single files worth unpacking.
const SINGLES: [&str; 8] = ["csv", "txt", "geojson", "json", "gpkg", "xlsx", "xls", "geojsonl"];

/// Keeps the folder while records are read.
struct Kept {
    inner: Arc<dyn Backend>,
    folder: Arc<TempDir>,
}

impl Backend for Kept {
    fn rows_from(&self, row: u64) -> Result<RowIter, TableError> {
        let folder = Arc::clone(&self.folder);
        let rows = self.inner.rows_from(row)?;
        Ok(Box::new(rows.inspect(move |_| {
            // Holds the folder until the last row was read.
            let _keep = &folder;
        })))
    }
}

/// Unpacks what can be read and opens it.
pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<Opened, TableError> {
    let file = File::open(path).map_err(|e| TableError::io(path, e))?;
    let mut archive =
        zip::ZipArchive::new(file).map_err(|e| TableError::broken(path, super::Format::Shapefile, e))?;
    let names: Vec<String> =
        archive.file_names().map(str::to_owned).filter(|name| !is_hidden(name)).collect();
    let mut main: Vec<&String> = names.iter().filter(|name| extension(name) == "shp").collect();
    if main.is_empty() {
        main = names.iter().filter(|name| SINGLES.contains(&extension(name).as_str())).collect();
    }
    main.sort();
    let wanted = options.layer.as_deref();
    let chosen = main.iter().find(|name| wanted == Some(stem(name).as_str())).or_else(|| main.first());
    let Some(chosen) = chosen.map(|name| (*name).clone()) else {
        return Err(super::detect::unsupported(
            path,
            ("不含表格的压缩包", "zip 里应有 Shapefile（.shp、.shx、.dbf）或一个表格文件"),
            (
                "an archive without a table",
                "a Shapefile (.shp, .shx, .dbf) or one table file is expected inside",
            ),
        ));
    };
    let folder = TempDir::new().map_err(|e| TableError::io(path, e))?;
    let unpacked = unpack(path, &mut archive, &names, &chosen, folder.path(), options)?;
    let mut inner = options.clone();
    if extension(&chosen) == "shp" || wanted == Some(stem(&chosen).as_str()) {
        inner.layer = None;
    }
    let mut opened = super::open_raw(&unpacked, &inner, 1)?;
    if main.len() > 1 {
        let all: Vec<_> = main.iter().map(|name| stem(name)).collect();
        opened.notes.push(Note::new(
            NoteCode::LayerChosen,
            format!("压缩包里有 {} 张表：{}；读取的是“{}”", main.len(), all.join("、"), stem(&chosen)),
            format!(
                "the archive holds {} tables ({}); reading \"{}\"",
                main.len(),
                all.join(", "),
                stem(&chosen)
            ),
        ));
    }
    opened.notes.push(Note::new(
        NoteCode::Unpacked,
        format!("从压缩包 {} 中取出 {chosen}", file_name(path)),
        format!("{chosen} was taken from the archive {}", file_name(path)),
    ));
    if let Some(layer) = opened.layers.first_mut().filter(|_| extension(&chosen) == "shp") {
        layer.name = stem(&chosen);
    }
    opened.backend = Arc::new(Kept { inner: opened.backend, folder: Arc::new(folder) });
    Ok(opened)
}

fn is_hidden(name: &str) -> bool {
    name.starts_with("__MACOSX/") || name.split('/').any(|part| part.starts_with('.'))
}

fn extension(name: &str) -> String {
    name.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
}

fn stem(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
}

/// Writes the chosen file, and for a Shapefile its parts, under plain names; the archive's own paths are never used.
fn unpack(
    path: &Path,
    archive: &mut zip::ZipArchive<File>,
    names: &[String],
    chosen: &str,
    folder: &Path,
    options: &OpenOptions,
) -> Result<PathBuf, TableError> {
    let base = chosen.rsplit_once('.').map_or(chosen, |(base, _)| base).to_lowercase();
    let is_part = |name: &str| {
        let (own, part) = name.rsplit_once('.').unwrap_or((name, ""));
        // Some tools write `layer.shp.xml`; only whole parts count.
        own.to_lowercase() == base && PARTS.contains(&part.to_ascii_lowercase().as_str())
    };
    let shapefile = extension(chosen) == "shp";
    let mut left = options.unpacked_bytes_max;
    for name in names.iter().filter(|name| if shapefile { is_part(name) } else { *name == chosen }) {
        let mut entry =
            archive.by_name(name).map_err(|e| TableError::broken(path, super::Format::Shapefile, e))?;
        let target = folder.join(format!("table.{}", extension(name)));
        let mut out = File::create(&target).map_err(|e| TableError::io(&target, e))?;
        // The size in the archive's directory may lie; what is written counts.
        let written =
            io::copy(&mut (&mut entry).take(left + 1), &mut out).map_err(|e| TableError::io(path, e))?;
        left = left.checked_sub(written).ok_or_else(|| TableError::Limit {
            file: file_name(path),
            detail_zh: format!("解压后超过 {} 字节", options.unpacked_bytes_max),
            detail_en: format!("more than {} bytes when unpacked", options.unpacked_bytes_max),
        })?;
    }
    Ok(folder.join(format!("table.{}", extension(chosen))))
}
