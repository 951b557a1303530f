//! Writes one sample of each document into a folder, for looking at them:
//! `cargo run -p jinggai-paper --example samples -- FOLDER [FONTS]`.

#![allow(clippy::unwrap_used, reason = "samples shared with the tests")]

#[path = "../tests/it/samples.rs"]
mod samples;

use std::{env, error::Error, fs, path::PathBuf, time::Instant};

use jinggai_paper::{Fonts, LabelLayout, Paper, WellFileData, label_sheet, table_report, well_file};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: samples FOLDER [FONTS]")?);
    fs::create_dir_all(&folder)?;
    let fonts = Fonts::load(&arguments.map(PathBuf::from).collect::<Vec<_>>())?;
    println!("fonts: {:?}", fonts.family_names());

    let write = |name: &str, made: Result<Paper, jinggai_paper::PaperError>, start: Instant| {
        let paper = made?;
        let (ms, kb) = (start.elapsed().as_millis(), paper.pdf.len() / 1024);
        println!("{name}: {} pages, {kb} kB, {ms} ms, {:?}", paper.pages, paper.warnings);
        fs::write(folder.join(format!("{name}.pdf")), paper.pdf).map_err(Box::<dyn Error>::from)
    };
    let now = Instant::now;
    let start = now();
    write("well_full", well_file(&fonts, &samples::full_file()), start)?;
    let start = now();
    write("well_empty", well_file(&fonts, &WellFileData::default()), start)?;
    let long = WellFileData { events: samples::events(3000), ..samples::full_file() };
    let start = now();
    write("well_long", well_file(&fonts, &long), start)?;
    let rare = WellFileData { issuer: Some("𠮷祥村燚字组".into()), ..samples::full_file() };
    let start = now();
    write("well_rare", well_file(&fonts, &rare), start)?;
    let start = now();
    write("annex1", table_report(&fonts, &samples::annex1(60)), start)?;
    let start = now();
    write("list", table_report(&fonts, &samples::short_list()), start)?;
    let start = now();
    write("labels", label_sheet(&fonts, &samples::labels(40), &samples::label_layout()), start)?;
    let tall = LabelLayout {
        columns: 4,
        rows: 4,
        label_width_mm: 45.0,
        label_height_mm: 65.0,
        pitch_x_mm: 48.0,
        pitch_y_mm: 68.0,
        qr_mm: 40.0,
        ..samples::label_layout()
    };
    let start = now();
    write("labels_tall", label_sheet(&fonts, &samples::labels(10), &tall), start)?;
    Ok(())
}
