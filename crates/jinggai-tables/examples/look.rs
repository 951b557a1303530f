//! Prints what the reader makes of the files named on the command line: columns, notes, the first rows and the count.

use std::path::Path;

fn main() {
    for name in std::env::args().skip(1) {
        println!("== {name}");
        let started = std::time::Instant::now();
        let source = match jinggai_tables::open(Path::new(&name), &jinggai_tables::OpenOptions::default()) {
            Ok(source) => source,
            Err(error) => {
                println!("{error}\n{}", error.message_en());
                continue;
            }
        };
        let layer = &source.layers[source.layer];
        println!(
            "{} {layer:?} crs {:?} encoding {:?} rows {:?}",
            source.format, source.crs, source.encoding, source.rows
        );
        for column in &source.columns {
            let samples: Vec<_> = column.samples.iter().take(4).map(|cell| format!("{cell:?}")).collect();
            println!("  {:<24} {:>4}  {}", column.name, column.filled, samples.join(" "));
        }
        for note in &source.notes {
            println!("  ! {:?}: {} / {}", note.code, note.message_zh, note.message_en);
        }
        let (mut rows, mut errors) = (0u64, 0u64);
        match source.records() {
            Ok(records) => {
                for record in records {
                    match record {
                        Ok(record) if rows == 0 => {
                            rows += 1;
                            println!("  row {} {:?} {:?}", record.row, record.cells, record.geometry);
                        }
                        Ok(_) => rows += 1,
                        Err(error) => {
                            errors += 1;
                            if errors < 4 {
                                println!("  x {error}");
                            }
                        }
                    }
                }
            }
            Err(error) => println!("{error}"),
        }
        println!("  {rows} rows, {errors} errors, {:?}", started.elapsed());
    }
}
